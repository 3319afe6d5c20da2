import type { CookieState } from '../../machines/cookie-states.ts'
import { CookietinError } from '../errors.ts'
import { unixSignal } from '../utils/unix-signals.ts'
import { Issues } from '../utils/validation/issues.ts'

/** The error of a request that makes no sense in a state. */
export function cannot(request: string, id: string, state: CookieState): CookietinError {
  return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${request} cookie ${id} while it is ${state}`, {
    cookieId: id,
  })
}

/**
 * The name of a signal that a caller gave.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function readSignal(id: string, name: string | number): string {
  const issues = new Issues()
  const signal = issues.read('signal', name ?? '', unixSignal, '')
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK', id)
  return signal
}

/** The error of a prepare that the cookie's end came before. */
export function cannotPrepare(id: string, state: CookieState, cause: unknown): CookietinError {
  const code = state === 'cancelled' ? 'ERR_COOKIETIN_CANCELLED' : 'ERR_COOKIETIN_INVALID_STATE'
  return new CookietinError(code, `Cannot prepare cookie ${id}: it is ${state}`, { cookieId: id, cause })
}

/** The error of a signal that the engine cannot send. */
export function cannotSignal(id: string): CookietinError {
  const message = `Cannot signal cookie ${id}: its engine sends no signals but SIGKILL`
  return new CookietinError('ERR_COOKIETIN_INVALID_STATE', message, { cookieId: id })
}

/** The error of a run whose end nobody has told. */
export function lostEnd(id: string, container: string): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_ENGINE_LOST',
    `Cookie ${id} failed: the task has ended, but the engine did not report how within its grace. ${container} may still exist`,
    { cookieId: id, retryable: true, leaked: [container] },
  )
}
