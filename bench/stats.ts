// The cost of sampling: CPU time of this process and of the engine per container and second, by sampler and interval,
// compared with the same stream in plain dockerode.
import { setTimeout as after } from 'node:timers/promises'
import Docker from 'dockerode'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor, type DockerConfig, type Execution } from '../src/index.ts'
import { cpuTimes } from './support/cpu.ts'
import { type Table, tableOf } from './support/table.ts'

export const needs = ['engine']

const image = process.env.BENCH_IMAGE ?? 'busybox'
const containers = Number(process.env.BENCH_CONTAINERS ?? 50)
const seconds = Number(process.env.BENCH_SECONDS ?? 8)
const docker = new Docker()

interface Cost {
  readonly ours: number
  readonly engine: number
  readonly samples: number
}

/** The costs over some seconds, in ms of CPU per container and second. */
async function measured(count: () => number): Promise<Cost> {
  // The first samples open connections and compile code.
  await after(2_000)
  const [before, counted] = [cpuTimes(), count()]
  const start = performance.now()
  await after(seconds * 1000)
  const each = (containers * (performance.now() - start)) / 1000
  const now = cpuTimes()
  return {
    ours: (now.ours - before.ours) / each,
    engine: (now.engine - before.engine) / each,
    samples: (count() - counted) / each,
  }
}

type Watch = (executions: readonly Execution[]) => { count(): number; stop(): void }

async function withContainers(config: DockerConfig, maxStats: number, watch: Watch): Promise<Cost> {
  await using driver = await createDockerDriver(config)
  await using executor = createExecutor({ driver, concurrency: containers, maxStats })
  const executions = Array.from({ length: containers }, () =>
    executor.run({ image, command: ['sleep', '600'], disableNet: true }),
  )
  const watched = watch(executions)
  await Promise.all(executions.map(({ state$ }) => firstValueFrom(state$.pipe(filter(state => state === 'running')))))
  const cost = await measured(watched.count)
  watched.stop()
  await executor.close({ force: true })
  return cost
}

const subscribed: Watch = executions => {
  let count = 0
  for (const { stats$ } of executions) stats$.subscribe(() => count++)
  return { count: () => count, stop() {} }
}

const unwatched: Watch = () => ({ count: () => 0, stop() {} })

/** Containers of cookietin, sampled with plain dockerode. */
const byHand: Watch = executions => {
  let count = 0
  const streams: NodeJS.ReadableStream[] = []
  const open = async (id: string) => {
    const [found] = await docker.listContainers({ filters: { label: [`cookietin.id=${id}`] } })
    const stream = await docker.getContainer(found?.Id ?? '').stats({ stream: true })
    streams.push(stream)
    let rest = ''
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if ((JSON.parse(line) as { read: string }).read !== '') count++
    })
  }
  for (const { id, state$ } of executions) {
    void firstValueFrom(state$.pipe(filter(state => state === 'running'))).then(() => open(id))
  }
  return {
    count: () => count,
    stop() {
      for (const stream of streams) (stream as unknown as { destroy(): void }).destroy()
    },
  }
}

const ways: readonly (readonly [name: string, run: () => Promise<Cost>])[] = [
  ['not sampled', () => withContainers({}, 0, unwatched)],
  ['cookietin, sampler: engine', () => withContainers({ sampler: 'engine' }, 240, subscribed)],
  [
    'cookietin, sampler: cgroup, 1 a second',
    () => withContainers({ sampler: 'cgroup', sampleInterval: 1000 }, 240, subscribed),
  ],
  [
    'cookietin, sampler: cgroup, 10 a second',
    () => withContainers({ sampler: 'cgroup', sampleInterval: 100 }, 240, subscribed),
  ],
  [
    'cookietin, sampler: cgroup, 20 a second',
    () => withContainers({ sampler: 'cgroup', sampleInterval: 50 }, 240, subscribed),
  ],
  ["dockerode's stats stream by hand", () => withContainers({}, 0, byHand)],
]

export default async function sampling(): Promise<readonly Table[]> {
  const costs = new Map<string, Cost>()
  for (const [name, run] of ways) costs.set(name, await run())
  const idle = costs.get('not sampled')
  costs.delete('not sampled')
  const table = (title: string, unit: string, of: (cost: Cost) => number) =>
    tableOf(title, new Map([...costs].map(([name, cost]) => [name, [of(cost)]])), { unit })
  const net = (cost: Cost, who: 'ours' | 'engine') => cost[who] - (idle?.[who] ?? 0)
  const title = `sampling ${containers} containers, more than without, a container and second`
  return [
    table(title, 'ms of CPU of this process', cost => net(cost, 'ours')),
    table(title, 'ms of CPU of the engine', cost => net(cost, 'engine')),
    table(title, 'ms of CPU of both', cost => net(cost, 'ours') + net(cost, 'engine')),
    table(title, 'samples', ({ samples }) => samples),
  ]
}
