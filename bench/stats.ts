// The cost of sampling: CPU time of this process and of the engine per container and second, by sampler and interval,
// compared with the same stream in plain dockerode.
import { readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import Docker from 'dockerode'
import { filter, firstValueFrom } from 'rxjs'
import { createDockerDriver, createExecutor, type DockerConfig, type Execution } from '../src/index.ts'

const image = process.env.BENCH_IMAGE ?? 'busybox'
const containers = Number(process.env.BENCH_CONTAINERS ?? 50)
const seconds = Number(process.env.BENCH_SECONDS ?? 8)
const docker = new Docker()

/** CPU time of this process and, if visible, of the engine, in ms. */
function cpuTimes() {
  const { user, system } = process.cpuUsage()
  return { ours: (user + system) / 1e3, engine: cpuOf(enginePid()) }
}

function enginePid(): string {
  // A private engine of `npm run bench` has its pid file beside its socket.
  const beside = process.env.DOCKER_HOST?.match(/^unix:\/\/(\/tmp\/.*)\/d\.sock$/)?.[1]
  try {
    return readFileSync(beside === undefined ? '/var/run/docker.pid' : `${beside}/d.pid`, 'latin1').trim()
  } catch {
    return 'none'
  }
}

/** CPU time of a process in ms. A clock tick is 10 ms. */
function cpuOf(pid: string): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return Number.NaN
  }
}

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

const costs = new Map<string, Cost>()
for (const [name, run] of ways) costs.set(name, await run())
const idle = costs.get('not sampled')
const peer = [...costs.values()].at(-1)
const net = (cost: Cost | undefined, who: 'ours' | 'engine') => (cost?.[who] ?? 0) - (idle?.[who] ?? 0)
console.log(
  `\nCPU of sampling ${containers} containers, in ms per container and second, minus the cost without sampling`,
)
for (const [name, cost] of costs) {
  const figures = [net(cost, 'ours'), net(cost, 'engine')].map(value => value.toFixed(3).padStart(8))
  const sum = (net(cost, 'ours') + net(cost, 'engine')) / (net(peer, 'ours') + net(peer, 'engine'))
  console.log(
    `  ${name.padEnd(44)} this process ${figures[0]}  engine ${figures[1]}  ${cost.samples.toFixed(1).padStart(5)} samples  × ${sum.toFixed(2)}`,
  )
}
