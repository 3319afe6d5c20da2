import { CookietinError, type ErrorCode, errorCodes, messageOf } from '../../errors.ts'
import { isRecord } from '../../utils/validation/issues.ts'

/** An error as JSON keeps it. */
export interface WireError {
  readonly code: string | undefined
  readonly message: string
  readonly retryable: boolean
  readonly leaked: readonly string[]
}

export function encodeError(error: unknown): WireError {
  if (!(error instanceof CookietinError))
    return { code: undefined, message: messageOf(error), retryable: false, leaked: [] }
  const { code, message, retryable, leaked } = error
  return { code, message, retryable, leaked }
}

/** An error of another host. What it says is data. */
export function decodeError(value: unknown, host: string): CookietinError {
  const { code, message, retryable, leaked } = isRecord(value) ? value : {}
  const known = errorCodes.find(name => name === code) ?? ('ERR_COOKIETIN_ENGINE_ERROR' satisfies ErrorCode)
  return new CookietinError(known, `${String(message ?? 'no reason was given')} (on host ${host})`, {
    retryable: retryable === true,
    leaked: Array.isArray(leaked) ? leaked.map(name => `${String(name)} on host ${host}`) : [],
  })
}
