// A cold run of `true`, with and without a network: cookietin with and without the prefork pool, raw dockerode doing the same calls by hand, and
// `docker run --rm`.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import { compare } from './compare.ts'

const exec = promisify(execFile)
const image = process.env.BENCH_IMAGE ?? 'busybox'
const docker = new Docker()

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

async function byHand(NetworkMode = 'none') {
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['true'],
    HostConfig: { NetworkMode, Init: true, LogConfig: { Type: 'none', Config: {} } },
  })
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  stream.resume()
  await container.start()
  const { StatusCode } = await container.wait()
  await container.remove({ v: true, force: true })
  return StatusCode
}

const ours = async () => {
  await executor.run({ image, command: ['true'], disableNet: true })
  // The peers remove their container inside their time, so we do too; users have their result before.
  await executor.onIdle()
}

await compare(
  `a cold run of ${image} true, no network, container removed`,
  [
    { name: 'cookietin, until the result', run: () => executor.run({ image, command: ['true'], disableNet: true }) },
    { name: 'cookietin, until removed', run: ours },
    {
      name: 'docker run --rm',
      run: () => exec('docker', ['run', '--rm', '--network', 'none', '--init', image, 'true']),
    },
    { name: 'dockerode by hand', run: () => byHand() },
  ],
  Number(process.env.BENCH_ROUNDS ?? 15),
)

// One buddy of each kind is enough: the pool is full again before each round, outside of the time that counts.
for (const [title, disableNet, network] of [
  ['no network', true, 'none'],
  ["the engine's bridge", false, 'bridge'],
] as const) {
  await using pooled = await createDockerDriver({ preForkPoolSize: 1, preForkNetworks: network })
  await using fast = createExecutor({ driver: pooled })
  await compare(
    `a cold run of ${image} true, ${title}, until the result`,
    [
      {
        name: 'cookietin with the prefork pool',
        before: () => firstValueFrom(pooled.prefork$.pipe(filter(({ free }) => free === 1))),
        run: () => fast.run({ image, command: ['true'], disableNet }),
      },
      {
        name: 'cookietin without it',
        // What the pool does behind a run is not this one's time.
        before: () =>
          Promise.all([fast.onIdle(), firstValueFrom(pooled.prefork$.pipe(filter(({ free }) => free === 1)))]),
        run: () => executor.run({ image, command: ['true'], disableNet }),
      },
      {
        name: 'docker run --rm',
        before: () => executor.onIdle(),
        run: () => exec('docker', ['run', '--rm', '--network', network, '--init', image, 'true']),
      },
      { name: 'dockerode by hand', run: () => byHand(network) },
    ],
    Number(process.env.BENCH_ROUNDS ?? 15),
  )
}

const many = 40
await compare(
  `${many} cold runs, 4 at once`,
  [
    {
      name: 'cookietin',
      run: async () => {
        await using four = createExecutor({ driver, concurrency: 4 })
        await Promise.all(Array.from({ length: many }, () => four.run({ image, command: ['true'], disableNet: true })))
      },
    },
    {
      name: 'dockerode by hand',
      run: async () => {
        const lanes = Array.from({ length: 4 }, async () => {
          for (let turn = 0; turn < many / 4; turn += 1) await byHand()
        })
        await Promise.all(lanes)
      },
    },
  ],
  3,
)
