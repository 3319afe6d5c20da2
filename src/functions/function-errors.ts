import { CookietinError, InvalidInputError } from '../errors.ts'

/** It takes no more calls. */
export function closedError(): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot call the function: it is closed')
}

/** Nobody can have so many containers. */
export function badCount(count: unknown): CookietinError {
  return new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [
    { field: 'count', value: String(count), allowed: 'a whole number from 0 up' },
  ])
}
