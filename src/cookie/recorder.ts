import { Observable, Subject } from 'rxjs'
import type { Actor, InspectionEvent } from 'xstate'
import { timeOf } from '../../machines/clock.ts'
import type { cookieMachine } from '../../machines/cookie.ts'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { Transition } from './result.ts'

/** A cookie's actor. */
export type CookieActor = Actor<typeof cookieMachine>

/** The state that an actor is in, as seen from outside. */
const stateOf = (actor: CookieActor): CookieState => actor.getSnapshot().value as CookieState

/** Turns what the machine does into transitions, and keeps the time spent in each state. */
export class Recorder {
  readonly transitions$ = new Subject<Transition>()
  readonly #timings: Partial<Record<CookieState, number>> = {}
  #state: CookieState
  #since: number

  constructor(id: string, actor: CookieActor) {
    this.#state = stateOf(actor)
    this.#since = timeOf(actor)
    actor.system.inspect((inspected: InspectionEvent) => {
      if (inspected.type !== '@xstate.snapshot' || inspected.actorRef !== actor) return
      const to = stateOf(actor)
      const from = this.#state
      if (to === from) return
      const now = timeOf(actor)
      this.#timings[from] = (this.#timings[from] ?? 0) + now - this.#since
      this.#state = to
      this.#since = now
      this.transitions$.next({ id, from, to, event: inspected.event.type, at: Date.now() })
      if (to === 'closed') this.transitions$.complete()
    })
  }

  get state(): CookieState {
    return this.#state
  }

  /** The present state first, then every one that follows; completes when the cookie is closed. */
  readonly state$ = new Observable<CookieState>(subscriber => {
    subscriber.next(this.#state)
    return this.transitions$.subscribe({
      next: ({ to }) => subscriber.next(to),
      complete: () => subscriber.complete(),
    })
  })

  /** Milliseconds spent in each state that has been left, to the microsecond. */
  get timings(): Partial<Record<CookieState, number>> {
    return Object.fromEntries(Object.entries(this.#timings).map(([state, ms]) => [state, Math.round(ms * 1e3) / 1e3]))
  }

  /** Resolves with the first state, the present one included, that passes the test; a closed cookie ends the wait with `closed`. */
  until(test: (state: CookieState) => boolean): Promise<CookieState> {
    return new Promise(resolve => {
      const subscription = this.state$.subscribe(state => {
        if (!test(state) && state !== 'closed') return
        resolve(state)
        queueMicrotask(() => subscription.unsubscribe())
      })
    })
  }
}
