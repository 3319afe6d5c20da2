import { Observable, ReplaySubject, share } from 'rxjs'
import { CookietinError, cancelledError } from '../errors.ts'
import { onAbort } from './abort.ts'

/** How one caller takes part in shared work. */
export interface FlightOptions<Progress> {
  readonly signal: AbortSignal
  /** The work, as a phrase that follows "could not". */
  readonly doing: string
  /** Called with the latest progress at once, then with every change. */
  readonly onProgress: (progress: Progress) => void
}

/** The shared work. It reports its progress and stops when its signal aborts. */
export type FlightWork<Progress> = (signal: AbortSignal, report: (progress: Progress) => void) => Promise<void>

/** Runs work once for all callers that need it at the same time. It is aborted when the last of them has given up. */
export class SingleFlight<Progress> {
  readonly #flights = new Map<string, Observable<Progress>>()

  /**
   * Joins the work of this key, or starts it. Rejects as soon as `signal` aborts, also when the work goes on for
   * others.
   */
  run(key: string, { signal, doing, onProgress }: FlightOptions<Progress>, work: FlightWork<Progress>): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelledError(doing, signal.reason))
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    return new Promise((resolve, reject) => {
      const subscription = flight.subscribe({
        next: onProgress,
        error: (error: unknown) => reject(copyOf(error)),
        complete: resolve,
      })
      const release = onAbort(signal, () => {
        subscription.unsubscribe()
        reject(cancelledError(doing, signal.reason))
      })
      subscription.add(release)
    })
  }

  #start(key: string, work: FlightWork<Progress>): Observable<Progress> {
    const flight = new Observable<Progress>(subscriber => {
      const controller = new AbortController()
      work(controller.signal, progress => subscriber.next(progress)).then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      )
      return () => {
        // Before the abort: callers that come from now on start new work.
        this.#flights.delete(key)
        controller.abort()
      }
    }).pipe(share({ connector: () => new ReplaySubject<Progress>(1) }))
    this.#flights.set(key, flight)
    return flight
  }
}

/** Errors get the id of their cookie later on. A copy for each caller keeps these ids apart. */
function copyOf(error: unknown): unknown {
  if (!(error instanceof CookietinError)) return error
  const { code, message, cause, retryable, leaked } = error
  return new CookietinError(code, message, { cause, retryable, leaked })
}
