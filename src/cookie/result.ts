import type { CookieState } from '../../machines/cookie-states.ts'
import type { RunStatus } from '../../machines/outcome.ts'
import type { CookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'

export type { RunStatus } from '../../machines/outcome.ts'

/** Captured output: text, or bytes with `encoding: 'buffer'`. */
export type Captured = string | Uint8Array

/** How a task ended, with its output (Fn's `RunResult`). */
export interface RunResult<Output extends Captured = Captured> {
  /** The cookie's id. */
  readonly id: string
  readonly status: RunStatus
  /** Undefined exactly when `status` is `'success'`. */
  readonly error: CookietinError | undefined
  /**
   * The exit code that the engine reported, with any status. Undefined when the container never ran or its end was not
   * seen.
   */
  readonly exitCode: number | undefined
  /**
   * True when the kernel killed a process of the container because memory ran out, even if the main process survived.
   */
  readonly oomKilled: boolean
  /** The captured standard output: a string, or bytes with `encoding: 'buffer'`. */
  readonly stdout: Output
  /** The captured standard error, in the same form. */
  readonly stderr: Output
  /** True when `stdout` is not complete. */
  readonly stdoutTruncated: boolean
  /** True when `stderr` is not complete. */
  readonly stderrTruncated: boolean
  /** Resource samples, decimated to the executor's `maxStats`. */
  readonly stats: readonly Stat[]
  /** Milliseconds spent in each state that was entered. */
  readonly timings: Readonly<Partial<Record<CookieState, number>>>
}

/** One change of a cookie's state. */
export interface Transition {
  /** The cookie's id. */
  readonly id: string
  readonly from: CookieState
  readonly to: CookieState
  /** The type of the machine event that caused it. */
  readonly event: string
  /** Unix time in ms. */
  readonly at: number
}
