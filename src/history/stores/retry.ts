import { backoff, pause } from '../../utils/timing.ts'

/** How long a call is repeated. */
export interface RetryOptions {
  /** Returns true for an error that may pass by itself. Any other error ends the retries. */
  readonly isPassing: (error: unknown) => boolean
  /** Time until the last error is returned, in ms. */
  readonly timeout: number
  /** Aborting it ends the retries. */
  readonly signal?: AbortSignal | undefined
}

/** Repeats a call that fails for a passing reason, with growing pauses. Rejects with its last error. */
export async function retry<T>(
  call: () => T | Promise<T>,
  { isPassing, timeout, signal }: RetryOptions,
): Promise<Awaited<T>> {
  const end = performance.now() + timeout
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const left = end - performance.now()
      if (left <= 0 || !isPassing(error)) throw error
      // A first pause below the clock's tick serves locks, which mostly last as long as one write.
      if (!(await pause(Math.min(attempt === 0 ? 5 : backoff(attempt - 1), left), signal))) throw error
    }
  }
}
