import type { RunResult } from '../cookie/result.ts'
import { CookietinError, InvalidInputError } from '../errors.ts'
import type { ContainerTask } from '../task/task.ts'
import { onAbort } from '../utils/abort.ts'
import { deferred } from '../utils/deferred.ts'
import type { Execution } from './execution.ts'
import type { SettledRun, Tasks } from './executor.ts'

/** How {@link runAll} reads its source and orders its results. */
export interface RunAllLimits {
  /** How many tasks may be running, or done and not taken yet. */
  readonly ahead: number
  /** How many of them may be running or queued. */
  readonly inFlight: number
  /** Results are yielded as their tasks end. */
  readonly unordered: boolean
  /** An abort ends the reading of the source. */
  readonly signal: AbortSignal | undefined
}

/** What {@link runAll} is told by its executor. `isClosed`: it takes no task any more, which ends the reading of the source, too. */
export type RunAllSetting = RunAllLimits & { readonly isClosed: () => boolean }

/** Bytes of results that are not taken yet. No further task is read above that. */
const maxHeld = 64 * 2 ** 20

/** One task that was read, from its run to the yield of its result. */
interface Entry {
  readonly execution: Execution
  readonly task: ContainerTask
  readonly index: number
  bytes: number
}

type Run = (task: ContainerTask) => Execution

/** Runs the tasks of a source and yields their results. A task that rejects ends it. */
export function runAll(
  run: Run,
  tasks: Tasks<ContainerTask>,
  limits: RunAllSetting,
): AsyncGenerator<RunResult, void, undefined> {
  return runEach(run, tasks, limits, ({ execution }) => execution)
}

/** Runs the tasks of a source and yields how each ended, as soon as it did. */
export function runAllSettled(
  run: Run,
  tasks: Tasks<ContainerTask>,
  limits: RunAllSetting,
): AsyncGenerator<SettledRun, void, undefined> {
  return runEach(run, tasks, { ...limits, unordered: true }, ({ task, index, execution }) =>
    execution.then(
      value => ({ task, index, status: 'fulfilled', value }) as const,
      (reason: CookietinError) => ({ task, index, status: 'rejected', reason }) as const,
    ),
  )
}

async function* runEach<Yielded>(
  run: Run,
  tasks: Tasks<ContainerTask>,
  { ahead, inFlight, unordered, signal, isClosed }: RunAllSetting,
  yieldedOf: (entry: Entry) => Promise<Yielded>,
): AsyncGenerator<Yielded, void, undefined> {
  const source = open(tasks)
  /** Those whose results are not taken yet, in the order of their tasks. */
  const entries = new Set<Entry>()
  /** Those of them that have ended, in the order in which they did. */
  const settled = new Set<Entry>()
  let held = 0
  let running = 0
  let count = 0
  let isDrained = false
  let sourceError: { readonly error: unknown } | undefined
  let changed = deferred<void>()
  const wake = () => changed.resolve()
  const release = onAbort(signal, wake)
  let reading: Promise<void> | undefined

  const start = (task: ContainerTask) => {
    const entry: Entry = { execution: run(task), task, index: count++, bytes: 0 }
    entries.add(entry)
    running += 1
    entry.execution
      .then(({ stdout, stderr }) => {
        entry.bytes = stdout.length + stderr.length
        held += entry.bytes
      })
      .catch(() => {})
      .finally(() => {
        settled.add(entry)
        running -= 1
        wake()
      })
  }
  const read = async () => {
    try {
      const next = await source.next()
      if (next.done === true) isDrained = true
      else if (signal?.aborted !== true) start(next.value)
    } catch (error) {
      sourceError = { error }
      isDrained = true
    }
    reading = undefined
    wake()
  }

  try {
    for (;;) {
      changed = deferred()
      const isEnding = isDrained || signal?.aborted === true || isClosed()
      const hasRoom = entries.size < ahead && running < inFlight && held <= maxHeld
      if (!isEnding && reading === undefined && hasRoom) reading = read()
      const [entry] = unordered ? settled : entries
      if (entry !== undefined && settled.has(entry)) {
        yield await yieldedOf(entry)
        settled.delete(entry)
        entries.delete(entry)
        held -= entry.bytes
        continue
      }
      if (entries.size === 0 && isEnding) {
        // After the results of the tasks before it.
        if (sourceError !== undefined) throw sourceError.error
        if (isDrained || signal?.aborted === true) return
        throw new CookietinError(
          'ERR_COOKIETIN_CLOSED',
          'The executor was closed before all tasks of the source were read',
        )
      }
      await changed.promise
    }
  } finally {
    release()
    for (const { execution } of entries) {
      // A program that is ending already keeps its time.
      if (execution.state !== 'terminating') execution.cancel('the loop over runAll() was left')
    }
    if (!isDrained) letGo(source)
  }
}

interface Source {
  next(): Promise<IteratorResult<ContainerTask>>
  return?: (() => unknown) | undefined
}

function open(tasks: Tasks<ContainerTask>): Source {
  const given = Object(tasks) as Partial<Iterable<ContainerTask> & AsyncIterable<ContainerTask>>
  const iterator = given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.()
  if (iterator !== undefined && typeof tasks !== 'string') {
    return { next: async () => iterator.next(), return: () => iterator.return?.() }
  }
  const allowed = 'an array of tasks, or anything that can be iterated, also asynchronously'
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'tasks', value: String(tasks), allowed }])
}

/** Not awaited: a source that waits inside its own `next` answers only after that. */
function letGo(source: Source): void {
  void (async () => source.return?.())().catch(() => {})
}
