import { backoff, pause } from '../../../utils/timing.ts'
import { isUnreached } from './errors.ts'
import type { Liveness } from './liveness.ts'

/** The parts of an engine that {@link untilReachable} needs. */
export interface ReachableContext {
  readonly liveness: Liveness
  readonly config: { readonly reconnectTimeout: number }
}

/** How long, and for which failures, a call is repeated. */
export interface RepeatOptions {
  /** Once aborted, the call is not repeated. */
  readonly signal: AbortSignal
  /** The failures after which the call may be repeated. Default: those of calls that did not reach the engine. */
  readonly mayRepeat?: (error: unknown) => boolean
}

/**
 * Makes a call, and repeats it while the engine cannot be reached or this process has no more file descriptors, for
 * `reconnectTimeout` at most. A restart of the engine must not fail every task that waits in a queue.
 */
export async function untilReachable<T>(
  { liveness, config }: ReachableContext,
  call: () => Promise<T>,
  { signal, mayRepeat = isUnreached }: RepeatOptions,
): Promise<T> {
  const until = performance.now() + config.reconnectTimeout
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const left = until - performance.now()
      if (!mayRepeat(error) || left <= 0) throw error
      const goesOn = await pause(Math.min(backoff(attempt), left), signal)
      if (!goesOn || !(await liveness.found(Math.max(1, until - performance.now()), signal))) throw error
    }
  }
}
