// The queue: a thousand to a million tasks that wait, and then run, on an engine that does nothing; beside p-queue alone with the same
// promises. Prints a table. `--json FILE` writes the figures, `--largest N` leaves out larger queues.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import PQueue from 'p-queue'
import { EngineDriver } from '../src/driver/engine-driver.ts'
import { createExecutor } from '../src/index.ts'
import { deferred } from '../src/utils/deferred.ts'
import { idleContainer, idleEngine } from './idle-engine.ts'

const concurrency = 8
const cancelled = 500

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
  const handles: { cancel(): void }[] = new Array(cancelled)
  const before = await heapUsed()

  let start = performance.now()
  // Spread over the whole queue: what is cancelled is not only at its end.
  const stride = Math.ceil(count / cancelled)
  for (let index = 0; index < count; index += 1) {
    const handle = line.add(settle)
    if (index % stride === 0) handles[cancelledOnes++] = handle
  }
  const queued = ((performance.now() - start) * 1e3) / count
  const heap = ((await heapUsed()) - before) / count

  start = performance.now()
  for (const handle of handles.slice(0, cancelledOnes)) handle.cancel()
  while (settled < cancelledOnes) await nextTurn()
  const cancel = ((performance.now() - start) * 1e3) / cancelledOnes
  handles.length = 0

  start = performance.now()
  line.open()
  await ended.promise
  const run = ((performance.now() - start) * 1e3) / (count - cancelledOnes)
  await line.close()
  return { queued, heap, cancel, run }
}

const { values } = parseArgs({ options: { json: { type: 'string' }, largest: { type: 'string', default: '1000000' } } })
const sizes = [1e3, 1e4, 1e5, 1e6].filter(size => size <= Number(values.largest))
const roundsOf = (size: number) => (size >= 1e6 ? 1 : size >= 1e5 ? 3 : 7)

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const names = {
  queued: ['to queue a task', 'µs'],
  heap: ['heap of a waiting task', 'bytes'],
  cancel: ['to cancel one, to its result', 'µs'],
  run: ['to run a task', 'µs'],
} as const satisfies Record<keyof Figures, readonly [string, string]>

const rows = []
for (const size of sizes) {
  const [own, peer]: [Figures[], Figures[]] = [[], []]
  // The first round is a warm-up.
  for (let round = size >= 1e6 ? 0 : -1; round < roundsOf(size); round += 1) {
    for (const [make, figures] of [[cookietin, own] as const, [plainQueue, peer] as const]) {
      const measured = await measure(make, size)
      if (round >= 0) figures.push(measured)
    }
  }
  console.log(`\n${size.toLocaleString('en')} tasks, ${concurrency} at once (${roundsOf(size)} rounds)`)
  for (const key of Object.keys(names) as (keyof Figures)[]) {
    const [name, unit] = names[key]
    const [mine, theirs] = [own.map(each => each[key]), peer.map(each => each[key])]
    const [value, peerValue] = [median(mine), median(theirs)]
    const [min, max, ratio] = [Math.min(...mine), Math.max(...mine), value / peerValue]
    rows.push({ name: `${size} tasks: ${name}`, unit, value, min, max, peer: 'p-queue', peerValue, ratio })
    const [shown, low, high, other] = [value, min, max, peerValue].map(number => number.toFixed(1).padStart(9))
    console.log(
      `  ${name.padEnd(30)} ${shown} ${unit.padEnd(5)} [${low} – ${high}]  p-queue ${other}  × ${ratio.toFixed(2)}`,
    )
  }
  const { rss } = process.memoryUsage()
  rows.push({ name: `${size} tasks: memory of the process after it`, unit: 'bytes', value: rss, min: rss, max: rss })
  console.log(`  ${'memory of the process after it'.padEnd(30)} ${(rss / 2 ** 20).toFixed(0).padStart(9)} MiB`)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ name: 'queue', rows }, null, 2)}\n`)
