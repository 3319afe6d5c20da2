import { onAbort } from '../abort.ts'
import { CookietinError } from '../errors.ts'
import { cancelledError } from './api.ts'

interface Flight {
  readonly done: Promise<void>
  readonly controller: AbortController
  passengers: number
}

/** Work that many may want at once and that is done once: it is aborted only when nobody wants it any more. */
export class SharedFlights {
  readonly #flights = new Map<string, Flight>()

  /** Joins the work of this key, or begins it. Rejects as soon as `signal` aborts, also when the work goes on for others. */
  join(key: string, signal: AbortSignal, doing: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelledError(doing, signal.reason))
    const flight = this.#flights.get(key) ?? this.#begin(key, work)
    flight.passengers++
    return new Promise((resolve, reject) => {
      const leave = () => {
        flight.passengers--
        if (flight.passengers > 0) return
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

  #begin(key: string, work: (signal: AbortSignal) => Promise<void>): Flight {
    const controller = new AbortController()
    const done = work(controller.signal).finally(() => {
      if (this.#flights.get(key)?.controller === controller) this.#flights.delete(key)
    })
    done.catch(() => {})
    const flight = { done, controller, passengers: 0 }
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
