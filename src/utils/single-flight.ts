import { CookietinError, cancelledError } from '../errors.ts'
import { onAbort } from './abort.ts'

interface Flight<News> {
  readonly done: Promise<void>
  readonly controller: AbortController
  readonly hearers: Set<(news: News) => void>
  last: News | undefined
}

/** Does the work of a flight, and tells how it goes. */
export type FlightWork<News> = (signal: AbortSignal, tell: (news: News) => void) => Promise<void>

/** Work that many may want at once and that is done once: it is aborted only when nobody wants it any more. */
export class SharedFlights<News> {
  readonly #flights = new Map<string, Flight<News>>()

  /**
   * Joins the work of this key, or begins it. `hear` gets the latest news at once, and then what follows. Rejects as soon as `signal`
   * aborts, also when the work goes on for others.
   */
  join(
    key: string,
    { signal, doing, hear }: { signal: AbortSignal; doing: string; hear: (news: News) => void },
    work: FlightWork<News>,
  ): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelledError(doing, signal.reason))
    const flight = this.#flights.get(key) ?? this.#begin(key, work)
    // One of its own, so that the same function can hear twice.
    const hearer = (news: News) => hear(news)
    flight.hearers.add(hearer)
    if (flight.last !== undefined) hear(flight.last)
    return new Promise((resolve, reject) => {
      const leave = () => {
        flight.hearers.delete(hearer)
        if (flight.hearers.size > 0) return
        // Whoever comes now must not join a flight that is going down.
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
        flight.controller.abort()
      }
      const release = onAbort(signal, () => {
        leave()
        reject(cancelledError(doing, signal.reason))
      })
      flight.done.then(resolve, error => reject(ownCopy(error))).finally(release)
    })
  }

  #begin(key: string, work: FlightWork<News>): Flight<News> {
    const controller = new AbortController()
    const hearers = new Set<(news: News) => void>()
    const tell = (news: News) => {
      flight.last = news
      for (const hear of [...hearers]) hear(news)
    }
    const done = Promise.resolve()
      .then(() => work(controller.signal, tell))
      .finally(() => {
        if (this.#flights.get(key)?.controller === controller) this.#flights.delete(key)
      })
    done.catch(() => {})
    const flight: Flight<News> = { done, controller, hearers, last: undefined }
    this.#flights.set(key, flight)
    return flight
  }
}

/** An error is marked with its cookie on its way up: what many share must not carry the first one's name. */
function ownCopy(error: unknown): unknown {
  if (!(error instanceof CookietinError)) return error
  const { code, message, cause, retryable, leaked } = error
  return new CookietinError(code, message, { cause, retryable, leaked })
}
