import { type FieldIssue, InvalidInputError } from '../../errors.ts'

/** The issue of a value that is not a signal; undefined for a signal, and for none. */
export function signalIssue(signal: unknown): FieldIssue | undefined {
  if (signal === undefined || signal === null) return undefined
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return undefined
  return { field: 'signal', value: String(Object.prototype.toString.call(signal)), allowed: 'an AbortSignal' }
}

/** @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for a value that is not a signal. */
export function checkSignal(signal: unknown): void {
  const issue = signalIssue(signal)
  if (issue !== undefined) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
}
