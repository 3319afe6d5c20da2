import { type FieldIssue, InvalidInputError } from '../../errors.ts'

/** What is wrong with something given as a signal; undefined when nothing is. */
export function signalIssue(signal: unknown): FieldIssue | undefined {
  if (signal === undefined || signal === null) return undefined
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return undefined
  return { field: 'signal', value: String(Object.prototype.toString.call(signal)), allowed: 'an AbortSignal' }
}

/** @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for what is no signal. */
export function checkSignal(signal: unknown): void {
  const issue = signalIssue(signal)
  if (issue !== undefined) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
}
