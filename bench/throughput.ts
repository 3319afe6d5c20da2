// Many cold runs of `true`, 1 to 32 at once: how many a second, how long each takes, the CPU time of this process and of the engine a task,
// how many did not end, and how many containers are left; beside the same calls in plain dockerode.
import { createDockerDriver, createExecutor, type Executor } from '../src/index.ts'
import { countContainers, runAndRemoveByHand } from './support/by-hand.ts'
import { roundsOr } from './support/compare.ts'
import { cpuTimes } from './support/cpu.ts'
import { quantile, type Table, tableOf } from './support/table.ts'

export const needs = ['engine']

const image = process.env.BENCH_IMAGE ?? 'busybox'
const tasks = Number(process.env.BENCH_TASKS ?? 32)
/** Tasks of each way, 8 at once, before any is measured: Node.js has compiled the code of a process that runs for a while. */
const warmUp = 64
/** After this long, in ms, a task counts as one that hangs. */
const hangs = 120_000

const metrics = [
  ['runs/s', 'higher'],
  ['ms of each, p50', 'lower'],
  ['ms of each, p99', 'lower'],
  ['ms of CPU of this process, a task', 'lower'],
  ['ms of CPU of the engine, a task', 'lower'],
  ['hung', 'lower'],
  ['left behind', 'lower'],
] as const

export default async function throughput(): Promise<readonly Table[]> {
  await using driver = await createDockerDriver()
  const tables: Table[] = []
  await using first = createExecutor({ driver, concurrency: 8 })
  for (const [, one, rest] of waysOf(first)) await measured(8, warmUp, one, rest)
  for (const concurrency of [1, 2, 4, 8, 16, 32]) {
    await using executor = createExecutor({ driver, concurrency })
    const ways = waysOf(executor)
    const values = new Map(ways.map(([name]) => [name, metrics.map(() => [] as number[])]))
    for (let round = -1; round < roundsOr(3); round += 1) {
      for (const [name, one, rest] of ways) {
        const figures = await measured(concurrency, round < 0 ? concurrency : tasks, one, rest)
        if (round >= 0) for (const [at, figure] of figures.entries()) values.get(name)?.[at]?.push(figure)
      }
    }
    for (const [at, [unit, better]] of metrics.entries()) {
      const own = new Map([...values].map(([name, all]) => [name, all[at] ?? []]))
      tables.push(tableOf(`${concurrency} at once`, own, { unit, better }))
    }
  }
  return tables
}

type Way = readonly [name: string, one: () => Promise<unknown>, rest: () => Promise<unknown>]

const waysOf = (executor: Executor): readonly Way[] => [
  ['cookietin', () => executor.run({ image, command: ['true'], disableNet: true }), () => executor.onIdle()],
  [
    'dockerode by hand',
    () => runAndRemoveByHand({ image, command: ['true'], network: 'none' }),
    () => Promise.resolve(),
  ],
]

/** Runs that many tasks with so many workers, until all is removed. */
async function measured(
  concurrency: number,
  count: number,
  one: () => Promise<unknown>,
  rest: () => Promise<unknown>,
): Promise<number[]> {
  const [before, had] = [cpuTimes(), await countContainers()]
  const times: number[] = []
  let [next, hung] = [0, 0]
  const start = performance.now()
  const worker = async () => {
    while (next++ < count) {
      const began = performance.now()
      const ended = await Promise.race([one().then(() => true), late()])
      if (ended) times.push(performance.now() - began)
      else hung += 1
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker))
  await rest()
  const took = performance.now() - start
  const now = cpuTimes()
  const cpu = [(now.ours - before.ours) / count, (now.engine - before.engine) / count]
  const left = (await countContainers()) - had
  return [(count / took) * 1e3, quantile(times, 0.5), quantile(times, 0.99), ...cpu, hung, left]
}

const late = () => new Promise<false>(resolve => setTimeout(() => resolve(false), hangs).unref())
