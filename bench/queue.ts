// The queue: a thousand to a million tasks that wait, and then run, on an engine that does nothing; beside p-queue alone with the same
// promises. `BENCH_LARGEST=10000` leaves out larger queues.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import PQueue from 'p-queue'
import { EngineDriver } from '../src/driver/engine-driver.ts'
import { createExecutor } from '../src/index.ts'
import { deferred } from '../src/utils/deferred.ts'
import { idleContainer, idleEngine } from './support/idle-engine.ts'
import { type Table, tableOf } from './support/table.ts'

const concurrency = 8
const cancels = 500

/** One queue with its work. The first tasks hold every place until `open`. */
interface Line {
  /** Queues one task. Calls back when it has settled. */
  add(settled: () => void): { cancel(): void }
  /** Lets the first tasks go on. */
  open(): void
  close(): Promise<void>
}

function cookietin(): Line {
  const gate = deferred<void>()
  const engine = { ...idleEngine, container: () => ({ ...idleContainer(), prepare: () => gate.promise }) }
  const driver = new EngineDriver(engine)
  const executor = createExecutor({ driver, concurrency })
  return {
    add: settled => {
      const execution = executor.run({ image: 'x' })
      execution.then(settled, settled)
      return execution
    },
    open: () => gate.resolve(),
    close: async () => {
      await executor.close()
      await driver.close()
    },
  }
}

const sinks = { stdin: undefined, stdout: { write: () => undefined }, stderr: { write: () => undefined } }
const events = { exitSeen() {}, broken() {} }

function plainQueue(): Line {
  const gate = deferred<void>()
  const queue = new PQueue({ concurrency })
  return {
    add: settled => {
      const aborting = new AbortController()
      const work = async () => {
        await gate.promise
        const container = idleContainer()
        await container.prepare(aborting.signal)
        await container.start(sinks, events)
        const exit = await container.wait()
        await container.remove()
        return exit
      }
      queue.add(work, { signal: aborting.signal }).then(settled, settled)
      return { cancel: () => aborting.abort() }
    },
    open: () => gate.resolve(),
    close: () => queue.onIdle(),
  }
}

/** Microseconds and bytes, each a task. */
interface Figures {
  readonly queued: number
  readonly heap: number
  readonly cancel: number
  readonly cancelled: number
  readonly run: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const nextTurn = () => new Promise(resolve => setImmediate(resolve))

async function heapUsed(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    collect()
    await nextTurn()
  }
  return process.memoryUsage().heapUsed
}

async function measure(make: () => Line, count: number): Promise<Figures> {
  const line = make()
  let settled = 0
  let cancelledOnes = 0
  const ended = deferred<void>()
  const settle = () => {
    settled += 1
    if (settled === count + concurrency) ended.resolve()
  }
  for (let index = 0; index < concurrency; index += 1) line.add(settle)
  await nextTurn()
  const handles: { cancel(): void }[] = new Array(cancels)
  const before = await heapUsed()

  let start = performance.now()
  // Spread over the whole queue: what is cancelled is not only at its end.
  const stride = Math.ceil(count / cancels)
  for (let index = 0; index < count; index += 1) {
    const handle = line.add(settle)
    if (index % stride === 0) handles[cancelledOnes++] = handle
  }
  const queued = ((performance.now() - start) * 1e3) / count
  const heap = ((await heapUsed()) - before) / count

  start = performance.now()
  for (const handle of handles.slice(0, cancelledOnes)) handle.cancel()
  const cancel = ((performance.now() - start) * 1e3) / cancelledOnes
  while (settled < cancelledOnes) await nextTurn()
  const cancelled = ((performance.now() - start) * 1e3) / cancelledOnes
  handles.length = 0

  start = performance.now()
  line.open()
  await ended.promise
  const run = ((performance.now() - start) * 1e3) / (count - cancelledOnes)
  await line.close()
  return { queued, heap, cancel, cancelled, run }
}

const sizes = [1e3, 1e4, 1e5, 1e6].filter(size => size <= Number(process.env.BENCH_LARGEST ?? 1e6))
const roundsOf = (size: number) => (size >= 1e6 ? 1 : size >= 1e5 ? 3 : 7)

const names = {
  queued: ['to queue a task', 'µs'],
  heap: ['heap of a waiting task', 'bytes'],
  cancel: ['to cancel one', 'µs'],
  cancelled: ['to cancel one, to its result', 'µs'],
  run: ['to run a task', 'µs'],
} as const satisfies Record<keyof Figures, readonly [string, string]>

export default async function queue(): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const size of sizes) {
    const [own, peer]: [Figures[], Figures[]] = [[], []]
    // The first round is a warm-up.
    for (let round = size >= 1e6 ? 0 : -1; round < roundsOf(size); round += 1) {
      for (const [make, figures] of [[cookietin, own] as const, [plainQueue, peer] as const]) {
        const measured = await measure(make, size)
        if (round >= 0) figures.push(measured)
      }
    }
    for (const key of Object.keys(names) as (keyof Figures)[]) {
      const [what, unit] = names[key]
      const values = new Map([
        ['cookietin', own.map(figures => figures[key])],
        ['p-queue alone', peer.map(figures => figures[key])],
      ])
      tables.push(tableOf(`${what}, of ${size.toLocaleString('en')}, ${concurrency} at once`, values, { unit }))
    }
  }
  return tables
}
