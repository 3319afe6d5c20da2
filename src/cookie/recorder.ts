import { Observable, Subject } from 'rxjs'
import type { Actor } from 'xstate'
import { timeOf } from '../../machines/clock.ts'
import type { cookieMachine } from '../../machines/cookie.ts'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { ResolvedTask } from '../task/task.ts'
import { followState, type StateName, stateOf } from '../utils/actors/follow-state.ts'
import type { Transition } from './result.ts'

/** A cookie's actor. */
export type CookieActor = Actor<typeof cookieMachine>

/** The states that an event can end in. A state of the machine that {@link CookieState} lacks does not compile. */
const seen = (state: StateName<CookieActor>): CookieState => state as Exclude<typeof state, 'deciding'>

/** The labels of a task as its transitions carry them: left out where there are none. */
export const labelsIn = ({ labels }: Pick<ResolvedTask, 'labels'>): Pick<Transition, 'labels'> =>
  Object.keys(labels).length === 0 ? {} : { labels }

/** Emits the present state, then the one that each transition leads to. */
export const stateOfTransitions = (transitions$: Observable<Transition>, present: () => CookieState) =>
  new Observable<CookieState>(subscriber => {
    subscriber.next(present())
    return transitions$.subscribe({
      next: ({ to }) => subscriber.next(to),
      complete: () => subscriber.complete(),
    })
  })

/** Turns the changes of a cookie's state into transitions, and keeps the time spent in each state. */
export class Recorder {
  readonly transitions$ = new Subject<Transition>()
  readonly #timings: Partial<Record<CookieState, number>> = {}
  #state: CookieState
  #since: number

  constructor({ id, labels }: Pick<ResolvedTask, 'id' | 'labels'>, actor: CookieActor) {
    const labelled = labelsIn({ labels })
    this.#state = seen(stateOf(actor))
    this.#since = timeOf(actor)
    followState(actor, change => {
      const [from, to] = [this.#state, seen(change.to)]
      const now = timeOf(actor)
      this.#timings[from] = (this.#timings[from] ?? 0) + now - this.#since
      this.#state = to
      this.#since = now
      this.transitions$.next({ id, from, to, event: change.event.type, at: Date.now(), ...labelled })
      if (to === 'closed') this.transitions$.complete()
    })
  }

  get state(): CookieState {
    return this.#state
  }

  /** The present state first, then each that follows. Completes when the cookie is closed. */
  readonly state$ = stateOfTransitions(this.transitions$, () => this.#state)

  /** Milliseconds spent in each state that has been left, to the microsecond. */
  get timings(): Partial<Record<CookieState, number>> {
    return Object.fromEntries(Object.entries(this.#timings).map(([state, ms]) => [state, Math.round(ms * 1e3) / 1e3]))
  }

  /**
   * Resolves with the first state that passes the test, beginning with the present one. A closed cookie resolves with
   * `closed`.
   */
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
