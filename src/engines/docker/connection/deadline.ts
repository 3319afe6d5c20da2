import { CookietinError, cancelledError } from '../../../errors.ts'
import { onAbort } from '../../../utils/abort.ts'

/** The limits of one call. */
export interface DeadlineOptions {
  /** The act and its object, as a phrase that follows "could not". */
  readonly doing: string
  /** ms until the call is aborted; undefined: it has no time limit. */
  readonly deadline: number | undefined
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined
}

/** Aborts a call when its time is up or its caller cancels it, and remembers which came first. */
export class Deadline {
  /** Undefined when nothing bounds the call. */
  readonly signal: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout | undefined
  readonly #release: () => void
  #reason: CookietinError | undefined

  constructor({ doing, deadline, signal }: DeadlineOptions) {
    const controller = deadline === undefined && signal === undefined ? undefined : new AbortController()
    this.signal = controller?.signal
    if (deadline !== undefined) {
      this.#timer = setTimeout(() => {
        this.#reason ??= timeoutError(doing, deadline)
        controller?.abort()
      }, deadline)
    }
    this.#release = onAbort(signal, () => {
      this.#reason ??= cancelledError(doing, signal?.reason)
      controller?.abort()
    })
  }

  /** Why the call was aborted; undefined while it was not. */
  reason(): CookietinError | undefined {
    return this.#reason
  }

  /** Releases the timer and the listener. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#release()
  }
}

/** The error of an engine that is reachable but does not answer in time. */
export function timeoutError(doing: string, deadline: number, leaked: readonly string[] = []): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_ENGINE_TIMEOUT',
    `Could not ${doing}: the engine did not answer within ${deadline} ms. It may be overloaded or hung`,
    { retryable: true, leaked },
  )
}

/** Rejects after `ms` without aborting the call; the caller cleans up what the call still creates (`leaked`). */
export function within<T>(call: Promise<T>, ms: number, doing: string, leaked: readonly string[] = []): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeoutError(doing, ms, leaked)), ms)
    call.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Rejects as soon as the signal aborts, without aborting the call. */
export function unlessAborted<T>(call: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(cancelledError(doing, signal.reason)))
    call.then(resolve, reject).finally(release)
  })
}
