import { CookietinError } from '../../../errors.ts'
import { replyOf } from '../connection/errors.ts'

/** What the engine itself reports in general is the failure of the copy. A full disk or a lost engine keeps its code. */
export function copyError(
  error: unknown,
  code: 'ERR_COOKIETIN_FILES_FAILED' | 'ERR_COOKIETIN_ARTIFACTS_FAILED',
): unknown {
  const general = ['ERR_COOKIETIN_ENGINE_ERROR', 'ERR_COOKIETIN_INVALID_STATE']
  if (!(error instanceof CookietinError) || !general.includes(error.code)) return error
  return new CookietinError(code, error.message, { cause: replyOf(error) ?? error, retryable: error.retryable })
}
