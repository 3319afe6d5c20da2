import type { RunResult } from '../cookie/result.ts'

/** The CLI's own exit codes; `docker run` and `timeout` use the same ones. */
export const exitCodes = {
  ok: 0,
  /** A task of a batch failed, or `doctor` found no engine. */
  failed: 1,
  timeout: 124,
  /** The usage was wrong, or cookietin or its engine failed. */
  unable: 125,
  /** The reader of standard output has closed it: 128 + SIGPIPE. */
  readerGone: 141,
} as const

/** The exit code of `cookietin run`: that of the container, if the task ended by itself. */
export function exitCodeOf({ status, exitCode, error }: RunResult): number {
  if (error?.code === 'ERR_COOKIETIN_ARTIFACTS_FAILED') return exitCodes.unable
  if (status === 'timeout') return exitCodes.timeout
  return exitCode ?? exitCodes.unable
}
