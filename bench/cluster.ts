// Runs through a cluster, whose workers are processes of this machine with a Redis on a unix socket: one run, and many at 1, 2 and 3 workers of four
// slots; beside the same runs on the driver of this machine.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClusterDriver } from '../src/cluster/index.ts'
import { createExecutor, createProcessDriver, type Driver } from '../src/index.ts'
import { startRedis } from '../test/support/redis/redis.ts'
import { compare, roundsOr } from './support/compare.ts'
import { type Table, tableOf } from './support/table.ts'

export const needs = ['redis']

const task = { image: 'any', command: ['true'] }
const slots = 4
const runs = Number(process.env.BENCH_TASKS ?? 100)
const workerFile = fileURLToPath(new URL('../test/support/children/worker.ts', import.meta.url))

/** Starts a worker of four slots, in a process of its own. */
async function startWorkerProcess(redis: string, host: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [workerFile, redis, host, 'process'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

/** Runs that many, until all are removed. Returns how many a second that were. */
async function rate(driver: Driver, concurrency: number, count: number): Promise<number> {
  await using executor = createExecutor({ driver, concurrency })
  const start = performance.now()
  await Promise.all(Array.from({ length: count }, () => executor.run(task)))
  await executor.onIdle()
  return (count / (performance.now() - start)) * 1e3
}

/** How many runs a second there are with all slots of so many workers in use. */
async function throughput(cluster: Driver, local: Driver, workers: number): Promise<Table> {
  const ways = [
    ['through the cluster', cluster],
    ['on the driver of this machine', local],
  ] as const
  const values = new Map(ways.map(([name]) => [name as string, [] as number[]]))
  for (let round = -1; round < roundsOr(5); round += 1) {
    for (const [name, driver] of ways) {
      const figure = await rate(driver, workers * slots, round < 0 ? workers * slots : runs)
      if (round >= 0) values.get(name)?.push(figure)
    }
  }
  return tableOf(`${workers * slots} at once: ${workers} of ${slots} slots`, values, {
    unit: 'runs/s',
    better: 'higher',
  })
}

export default async function cluster(): Promise<readonly Table[]> {
  await using redis = await startRedis()
  await using driver = await createClusterDriver({ connection: redis.path })
  await using local = await createProcessDriver()
  const workers: ChildProcess[] = []
  const tables: Table[] = []
  try {
    for (const count of [1, 2, 3]) {
      workers.push(await startWorkerProcess(redis.path, `host-${count}`))
      if (count === 1) tables.push(await oneByOne(driver, local))
      tables.push(await throughput(driver, local, count))
    }
    return tables
  } finally {
    for (const worker of workers) worker.kill('SIGTERM')
    await Promise.all(workers.map(worker => worker.exitCode ?? once(worker, 'exit')))
  }
}

async function oneByOne(driver: Driver, local: Driver): Promise<Table> {
  await using remote = createExecutor({ driver, concurrency: 1 })
  await using near = createExecutor({ driver: local, concurrency: 1 })
  const ways = [
    { name: 'through the cluster', run: () => remote.run(task), after: () => remote.onIdle() },
    { name: 'on the driver of this machine', run: () => near.run(task), after: () => near.onIdle() },
  ]
  return await compare('one run of `true`', ways, { rounds: roundsOr(5) * 10, warmUp: 10 })
}
