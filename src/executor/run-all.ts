import type { RunResult } from '../cookie/result.ts'
import { InvalidInputError } from '../errors.ts'
import type { ContainerTask } from '../task/task.ts'
import type { Execution } from './execution.ts'

/** How many tasks may be under way or done and not taken yet. */
const ahead = 1_000

/** Runs tasks and gives their results in the tasks' order. */
export async function* runAll(
  run: (task: ContainerTask) => Execution,
  tasks: Iterable<ContainerTask> | AsyncIterable<ContainerTask>,
): AsyncGenerator<RunResult, void, undefined> {
  const underWay: Execution[] = []
  const source = open(tasks)
  let next = pull(source)
  let drained = false
  try {
    for (;;) {
      while (!drained && underWay.length < ahead) {
        // A source that is slow must not keep back the results that are there.
        const first = underWay[0]
        const taken =
          first === undefined
            ? await next
            : await Promise.race([
                next,
                first.then(
                  () => undefined,
                  () => undefined,
                ),
              ])
        if (taken === undefined) break
        if (taken.done === true) {
          drained = true
          break
        }
        const execution = run(taken.value)
        execution.catch(() => {})
        underWay.push(execution)
        next = pull(source)
      }
      const first = underWay[0]
      if (first === undefined) return
      yield await first
      underWay.shift()
    }
  } finally {
    for (const execution of underWay) execution.cancel('the loop over runAll() was left')
    if (!drained) letGo(source)
  }
}

function open(
  tasks: Iterable<ContainerTask> | AsyncIterable<ContainerTask>,
): Iterator<ContainerTask> | AsyncIterator<ContainerTask> {
  const given = Object(tasks) as Partial<Iterable<ContainerTask> & AsyncIterable<ContainerTask>>
  const source = given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.()
  if (source !== undefined && typeof tasks !== 'string') return source
  const allowed = 'an array of tasks, or anything that can be iterated, also asynchronously'
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'tasks', value: String(tasks), allowed }])
}

/** Not awaited: a source that waits in its own `next` for ever answers only after that. */
function letGo(source: Iterator<ContainerTask> | AsyncIterator<ContainerTask>): void {
  void (async () => source.return?.())().catch(() => {})
}

function pull(source: Iterator<ContainerTask> | AsyncIterator<ContainerTask>): Promise<IteratorResult<ContainerTask>> {
  const next = (async () => source.next())()
  next.catch(() => {})
  return next
}
