// A cold run of `true`, with and without a network: cookietin with and without the prefork pool, the same calls in plain
// dockerode, `docker run --rm` and testcontainers.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { filter, firstValueFrom } from 'rxjs'
import { GenericContainer, Wait } from 'testcontainers'
import { createDockerDriver, createExecutor } from '../src/index.ts'
import { compare } from './compare.ts'

const exec = promisify(execFile)
const image = process.env.BENCH_IMAGE ?? 'busybox'
const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const docker = new Docker()

// Its reaper, a container from a registry that is started once for many runs, is left out in its favour.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

/** Runs a container with plain dockerode. Returns it after its end; the caller removes it. */
async function byHand(NetworkMode: string) {
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['true'],
    HostConfig: { NetworkMode, Init: true, LogConfig: { Type: 'none', Config: {} } },
  })
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  stream.resume()
  await container.start()
  await container.wait()
  return container
}

const removedByHand = async (network: string) => {
  const container = await byHand(network)
  await container.remove({ v: true, force: true })
}

const dockerRun = (network: string) => exec('docker', ['run', '--rm', '--network', network, '--init', image, 'true'])

const testcontainer = (network: string) =>
  new GenericContainer(image)
    .withCommand(['true'])
    .withNetworkMode(network)
    .withWaitStrategy(Wait.forOneShotStartup())
    .start()

await compare(
  `a cold run of ${image} true, no network, until the container is removed`,
  [
    {
      name: 'cookietin',
      run: async () => {
        await executor.run({ image, command: ['true'], disableNet: true })
        await executor.onIdle()
      },
    },
    { name: 'docker run --rm', run: () => dockerRun('none') },
    { name: 'testcontainers', run: async () => (await testcontainer('none')).stop() },
    { name: 'dockerode by hand', run: () => removedByHand('none') },
  ],
  rounds,
)

for (const [title, disableNet, network] of [
  ['no network', true, 'none'],
  ["the engine's bridge", false, 'bridge'],
] as const) {
  // One namespace is enough: the pool is filled again before each round, outside the measured time.
  await using pooled = await createDockerDriver({ preForkPoolSize: 1, preForkNetworks: network })
  await using fast = createExecutor({ driver: pooled })
  const filled = () => firstValueFrom(pooled.prefork$.pipe(filter(({ free }) => free === 1)))
  const ended: Array<{ remove(options: object): Promise<unknown> }> = []
  const started: Array<{ stop(): Promise<unknown> }> = []
  await compare(
    `a cold run of ${image} true, ${title}, until the result`,
    [
      {
        name: 'cookietin with the prefork pool',
        run: () => fast.run({ image, command: ['true'], disableNet }),
        after: () => Promise.all([fast.onIdle(), filled()]),
      },
      {
        name: 'cookietin without it',
        run: () => executor.run({ image, command: ['true'], disableNet }),
        after: () => executor.onIdle(),
      },
      { name: 'docker run --rm (removes it, too)', run: () => dockerRun(network) },
      {
        name: 'testcontainers',
        run: async () => started.push(await testcontainer(network)),
        after: () => started.pop()?.stop(),
      },
      {
        name: 'dockerode by hand',
        run: async () => ended.push(await byHand(network)),
        after: () => ended.pop()?.remove({ v: true, force: true }),
      },
    ],
    rounds,
  )
}

const many = 40
await compare(
  `${many} cold runs, 4 at once, until all containers are removed`,
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
        const workers = Array.from({ length: 4 }, async () => {
          for (let turn = 0; turn < many / 4; turn += 1) await removedByHand('none')
        })
        await Promise.all(workers)
      },
    },
  ],
  3,
)
