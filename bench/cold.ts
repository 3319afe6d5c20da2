// A cold run of `true`, with and without a network: cookietin with and without the prefork pool, the same calls in plain
// dockerode, `docker run --rm` and testcontainers.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { filter, firstValueFrom } from 'rxjs'
import { GenericContainer, Wait } from 'testcontainers'
import { createDockerDriver, createExecutor, type DockerDriver, type Executor } from '../src/index.ts'
import { runAndRemoveByHand, runByHand } from './support/by-hand.ts'
import { compare, roundsOr } from './support/compare.ts'
import type { Table } from './support/table.ts'

export const needs = ['engine']

const exec = promisify(execFile)
const image = process.env.BENCH_IMAGE ?? 'busybox'
const command = ['true']

export default async function cold(): Promise<readonly Table[]> {
  // Its reaper, a container from a registry that is started once for many runs, is left out in its favour.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  await using driver = await createDockerDriver()
  await using executor = createExecutor({ driver })
  return [
    await untilRemoved(executor),
    await untilResult(executor, 'no network', true),
    await untilResult(executor, "the engine's bridge", false),
    await many(driver),
  ]
}

const dockerRun = (network: string) => exec('docker', ['run', '--rm', '--network', network, '--init', image, 'true'])

const testcontainer = (network: string) =>
  new GenericContainer(image)
    .withCommand(command)
    .withNetworkMode(network)
    .withWaitStrategy(Wait.forOneShotStartup())
    .start()

function untilRemoved(executor: Executor): Promise<Table> {
  return compare(
    'a cold run of true, no network, until the container is removed',
    [
      {
        name: 'cookietin',
        run: async () => {
          await executor.run({ image, command, disableNet: true })
          await executor.onIdle()
        },
      },
      { name: 'docker run --rm', run: () => dockerRun('none') },
      { name: 'testcontainers', run: async () => (await testcontainer('none')).stop() },
      { name: 'dockerode by hand', run: () => runAndRemoveByHand({ image, command, network: 'none' }) },
    ],
    { rounds: roundsOr(15) },
  )
}

async function untilResult(executor: Executor, title: string, disableNet: boolean): Promise<Table> {
  const network = disableNet ? 'none' : 'bridge'
  // One namespace is enough: the pool is filled again before each round, outside the measured time.
  await using pooled = await createDockerDriver({ preForkPoolSize: 1, preForkNetworks: network })
  await using fast = createExecutor({ driver: pooled })
  const filled = () => firstValueFrom(pooled.prefork$.pipe(filter(({ free }) => free === 1)))
  const ended: Array<{ remove(options: object): Promise<unknown> }> = []
  const started: Array<{ stop(): Promise<unknown> }> = []
  return await compare(
    `a cold run of true, ${title}, until the result`,
    [
      {
        name: 'cookietin with the prefork pool',
        run: () => fast.run({ image, command, disableNet }),
        after: () => Promise.all([fast.onIdle(), filled()]),
      },
      {
        name: 'cookietin without it',
        run: () => executor.run({ image, command, disableNet }),
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
        run: async () => ended.push(await runByHand({ image, command, network })),
        after: () => ended.pop()?.remove({ v: true, force: true }),
      },
    ],
    { rounds: roundsOr(15) },
  )
}

function many(driver: DockerDriver): Promise<Table> {
  const count = 40
  return compare(
    `${count} cold runs, 4 at once, until all containers are removed`,
    [
      {
        name: 'cookietin',
        run: async () => {
          await using four = createExecutor({ driver, concurrency: 4 })
          await Promise.all(Array.from({ length: count }, () => four.run({ image, command, disableNet: true })))
        },
      },
      {
        name: 'dockerode by hand',
        run: async () => {
          const workers = Array.from({ length: 4 }, async () => {
            for (let turn = 0; turn < count / 4; turn += 1)
              await runAndRemoveByHand({ image, command, network: 'none' })
          })
          await Promise.all(workers)
        },
      },
    ],
    { rounds: 3 },
  )
}
