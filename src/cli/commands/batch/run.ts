import type { RunResult } from '../../../cookie/result.ts'
import { asError } from '../../../errors.ts'
import type { Execution, Executor, RetryOptions } from '../../../index.ts'
import type { ContainerTask } from '../../../task/task.ts'
import { onAbort } from '../../../utils/abort.ts'
import type { BatchLine } from './lines.ts'

/** The outcome of one line of a batch. */
export interface Outcome {
  readonly line: number
  readonly id: string
  /** The name of a folder for the files of the task. */
  readonly folder: string
  /** The result, or the error of a line that is not a task or of a run that cookietin or the engine failed. */
  readonly ended: RunResult | Error
  /** Time from its start to its end, in ms. */
  readonly ms: number
  /** The last lines that a failed task wrote to standard error, harmless to a terminal. */
  readonly lastLines?: readonly string[]
}

/** Observes the runs of a batch. */
export interface BatchWatcher {
  /** Called with each task when it is read. Returns the task that is run. */
  taken(line: number, task: ContainerTask): ContainerTask
  /** Called with each line when it is read, before {@link taken}. False: it is not run. */
  read(line: number): boolean
  /** Called when a task is given to the executor, where it may be queued. */
  added(line: number, execution: Execution): void
  /** Called when a run has ended. The batch waits for a returned promise. */
  ended(outcome: Outcome): void | Promise<void>
}

/** The input is read no further while this many tasks run or are queued. */
const maxActive = 1_000

/** How a batch is run. */
export interface BatchOptions {
  /** Abort it to cancel the running tasks and stop reading. */
  readonly signal: AbortSignal
  /** Abort it to stop reading, and start nothing more. */
  readonly ending: AbortSignal
  /** A line's own `retry` comes before this. */
  readonly retry: RetryOptions | undefined
}

/** Runs every line of a batch. */
export async function runBatch(
  lines: AsyncIterable<BatchLine>,
  executor: Executor,
  watcher: BatchWatcher,
  { signal, ending, retry }: BatchOptions,
): Promise<void> {
  const active = new Set<Promise<void>>()
  const inTurn = oneByOne()
  for await (const { line, task: given } of untilAborted(lines, AbortSignal.any([signal, ending]))) {
    if (!watcher.read(line)) continue
    const task = given instanceof Error ? given : watcher.taken(line, given)
    const start = async () => {
      if (task instanceof Error) {
        await watcher.ended({ line, id: '', folder: `line-${line}`, ended: task, ms: 0 })
        return
      }
      // What has waited for an earlier run of its id is cancelled as it starts.
      const execution = executor.run(task, { signal: ending.aborted ? ending : signal, retry: task.retry ?? retry })
      watcher.added(line, execution)
      await watcher.ended(await endOf(line, execution, task.id))
      await closed(execution)
    }
    const tracked: Promise<void> = inTurn(task instanceof Error ? undefined : task.id, start).then(
      () => void active.delete(tracked),
    )
    active.add(tracked)
    if (active.size >= maxActive) await Promise.race(active)
  }
  await Promise.all(active)
}

/** Runs the work of one id only after all earlier work of that id. Work without an id runs at once. */
function oneByOne(): (id: unknown, work: () => Promise<void>) => Promise<void> {
  const last = new Map<unknown, Promise<void>>()
  return (id, work) => {
    if (id === undefined) return work()
    const before = last.get(id)
    const own = before === undefined ? work() : before.then(work)
    const settled = own
      .catch(() => {})
      .then(() => {
        if (last.get(id) === settled) last.delete(id)
      })
    last.set(id, settled)
    return own
  }
}

/** Resolves when the container of a run is removed, and its id is free. */
const closed = (execution: Execution) =>
  new Promise<void>(resolve => {
    execution.transitions$.subscribe({ complete: resolve, error: () => resolve() })
  })

async function endOf(line: number, execution: Execution, givenId: unknown): Promise<Outcome> {
  let began = performance.now()
  const turn = execution.state$.subscribe(state => {
    if (state === 'preparing') began = performance.now()
  })
  const ended = await execution.catch(asError)
  turn.unsubscribe()
  const folder = givenId === undefined ? `line-${line}` : execution.id
  return { line, id: execution.id, folder, ended, ms: performance.now() - began }
}

/** Yields the values of a source until the signal aborts, also while the source is silent, such as a terminal. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const aborted = new Promise<undefined>(resolve => onAbort(signal, () => resolve(undefined)))
  while (!signal.aborted) {
    const next = await Promise.race([iterator.next(), aborted])
    if (next === undefined || next.done === true) return
    yield next.value
  }
}
