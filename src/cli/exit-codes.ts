import type { RunResult } from '../cookie/result.ts'

/** The CLI's own exit codes; `docker run` and `timeout` use the same ones. */
export const exitCodes = {
  ok: 0,
  /** A task of a batch failed, or `doctor` found no engine. */
  failed: 1,
  timeout: 124,
  /** Bad usage, or cookietin or its engine failed. */
  unable: 125,
  /** The reader of our output went away: 128 + SIGPIPE. */
  readerGone: 141,
} as const

/** What `cookietin run` exits with: the container's code wherever the task itself ended. */
export function exitCodeOf({ status, exitCode }: RunResult): number {
  if (status === 'timeout') return exitCodes.timeout
  return exitCode ?? exitCodes.unable
}
