import { InvalidInputError, messageOf } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { CreateOptions } from './create-options.ts'

/**
 * Lets the task's own hook edit the create options.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for a hook that throws or is asynchronous.
 */
export function runHook({ id, containerOptions }: ResolvedTask, options: CreateOptions): void {
  const refuse = (value: string, cause?: unknown) => {
    const issue = { field: 'containerOptions', value, allowed: 'a function that changes the options at once' }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue], { cookieId: id, cause })
  }
  let result: unknown
  try {
    result = containerOptions?.(options)
  } catch (error) {
    refuse(`a function that throws (${messageOf(error)})`, error)
  }
  if (!isThenable(result)) return
  // It is not awaited, so its error must not be unhandled.
  Promise.resolve(result).catch(() => {})
  refuse('an asynchronous function')
}

/** Also a promise of another realm. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
