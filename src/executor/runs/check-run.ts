import type { ResolvedTask } from '../../task/resolved-task.ts'
import { checkRepeatable, readRetry } from '../../task/retry/retry.ts'
import type { ResolvedRetry } from '../../task/retry/types.ts'
import type { ContainerTask } from '../../task/task.ts'
import { Issues } from '../../utils/validation/issues.ts'
import { signalIssue } from '../../utils/validation/signal.ts'
import type { RunOptions } from '../executor.ts'
import type { Demand } from '../queue/resource-pool.ts'

/**
 * Checks a task against what all tasks of an executor may hold together: one that can never start is refused, not queued.
 *
 * @returns how it is retried, by the options.
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field and option.
 */
export function checkRun(
  task: ResolvedTask,
  total: Pick<Demand, 'memory' | 'cpus'>,
  { signal, priority = 0, retry: given }: RunOptions = {},
): ResolvedRetry | undefined {
  const { memory, cpus } = task
  const issues = new Issues()
  if (memory > total.memory) issues.add('memory', memory, `at most the executor's ${total.memory} bytes`)
  if (cpus > total.cpus) issues.add('cpus', cpus, `at most the executor's ${total.cpus} milli-CPUs`)
  if (!Number.isFinite(priority)) issues.add('priority', priority, 'a finite number')
  issues.include(signalIssue(signal))
  const retry = readRetry(issues, given)
  if (retry !== undefined) checkRepeatable(issues, task)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return retry
}

/** The id of a task that may not even be one. */
export function idOf(task: unknown): string {
  try {
    const { id } = Object(task) as Partial<ContainerTask>
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}
