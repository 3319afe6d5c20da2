import type { RunResult } from '../../../cookie/result.ts'
import type { Execution, Executor } from '../../../index.ts'
import type { BatchLine } from './lines.ts'

/** How one line of a batch ended. */
export interface Outcome {
  readonly line: number
  readonly id: string
  /** A result; or the error of a line that is no task, or whose run the implementation could not finish. */
  readonly ended: RunResult | Error
  /** From its turn to its end, in ms. */
  readonly ms: number
}

/** Who wants to know how a batch goes on. */
export interface BatchWatcher {
  /** A task was handed to the executor, where it may wait for its turn. */
  added(line: number, execution: Execution): void
  /** May give a promise to slow the batch down. */
  ended(outcome: Outcome): void | Promise<void>
}

/** How many tasks may run and wait in the executor: the input is read no further. */
const ahead = 1_000

/** Runs every line of a batch. An aborted signal cancels what runs and reads no further. */
export async function runBatch(
  lines: AsyncIterable<BatchLine>,
  executor: Executor,
  watcher: BatchWatcher,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>()
  for await (const { line, task } of untilAborted(lines, signal)) {
    if (task instanceof Error) {
      await watcher.ended({ line, id: '', ended: task, ms: 0 })
      continue
    }
    const execution = executor.run(task, { signal })
    watcher.added(line, execution)
    const end = endOf(line, execution).then(outcome => watcher.ended(outcome))
    const tracked: Promise<void> = end.then(() => void underWay.delete(tracked))
    underWay.add(tracked)
    if (underWay.size >= ahead) await Promise.race(underWay)
  }
  await Promise.all(underWay)
}

async function endOf(line: number, execution: Execution): Promise<Outcome> {
  let began = performance.now()
  const turn = execution.state$.subscribe(state => {
    if (state === 'preparing') began = performance.now()
  })
  const ended = await execution.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  turn.unsubscribe()
  return { line, id: execution.id, ended, ms: performance.now() - began }
}

/** The same values, until the signal aborts: a source that says nothing, such as a terminal, is not waited for. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const aborted = new Promise<undefined>(resolve => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  while (!signal.aborted) {
    const next = await Promise.race([iterator.next(), aborted])
    if (next === undefined || next.done === true) return
    yield next.value
  }
}
