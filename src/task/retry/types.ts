import type { RunStatus } from '../../../machines/outcome.ts'
import type { CookietinError } from '../../errors.ts'

/** An attempt of a task that neither succeeded nor was cancelled. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number
  /** `'failed'`: cookietin or the engine failed, so there is no result. */
  readonly status: Exclude<RunStatus, 'success' | 'cancelled'> | 'failed'
  /** The exit code that the engine reported, if any. */
  readonly exitCode: number | undefined
  /** Why the attempt failed. */
  readonly error: CookietinError
  /** True for what is retried without a `when`: the error may pass, or the task was killed from outside. */
  readonly retryable: boolean
  /** The captured standard output, in the task's encoding. Empty where the status is `'failed'`. */
  readonly stdout: string | Uint8Array
  /** The captured standard error. */
  readonly stderr: string | Uint8Array
}

/** How a task that failed is run again. */
export interface RetryOptions {
  /**
   * How many times the task may be started in all, from 1 to 1,000.
   *
   * @default 3
   */
  readonly attempts?: number | undefined
  /**
   * How long to wait before the second attempt, in ms. The wait doubles with each further one, and is up to half shorter by chance.
   *
   * @default 1,000
   */
  readonly delay?: number | undefined
  /**
   * The longest wait, in ms.
   *
   * @default 30,000
   */
  readonly maxDelay?: number | undefined
  /**
   * Decides whether another attempt follows. A run that was cancelled, and one that succeeded, is never asked about. When it throws, no
   * attempt follows and a process warning is emitted.
   *
   * @default `({ retryable }) => retryable`: never for an exit code, a timeout, or memory that ran out
   */
  readonly when?: ((failed: FailedAttempt) => boolean | Promise<boolean>) | undefined
}

/** Retry options after validation. */
export interface ResolvedRetry {
  readonly attempts: number
  readonly delay: number
  readonly maxDelay: number
  readonly when: (failed: FailedAttempt) => boolean | Promise<boolean>
}
