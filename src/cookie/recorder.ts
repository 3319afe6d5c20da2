import { Observable, Subject } from 'rxjs'
import type { Actor } from 'xstate'
import { timeOf } from '../../machines/clock.ts'
import type { cookieMachine } from '../../machines/cookie.ts'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import { type StateName, stateOf } from '../utils/actors/follow-state.ts'
import { eventOf } from '../utils/actors/last-event.ts'
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

/** Milliseconds, to the microsecond. */
export const toMicroseconds = (ms: number): number => Math.round(ms * 1e3) / 1e3

interface Waiter {
  readonly test: (state: CookieState) => boolean
  readonly resolve: (state: CookieState) => void
}

/** How a {@link Recorder} is set up. */
export interface RecorderOptions {
  /**
   * When the cookie's time in `created` began, by the actor's clock.
   *
   * @default now
   */
  readonly since: number | undefined
  /** Gets each transition before anyone who has subscribed. */
  readonly onTransition: (transition: Transition) => void
}

/** Turns the changes of a cookie's state into transitions, and keeps the time spent in each state. */
export class Recorder {
  readonly #timings: Partial<Record<CookieState, number>> = {}
  /** Made for the first subscriber. */
  #transitions$: Subject<Transition> | undefined
  #waiters: Waiter[] = []
  #state: CookieState
  #since: number

  constructor(
    { id, labels }: Pick<ResolvedTask, 'id' | 'labels'>,
    actor: CookieActor,
    { since, onTransition }: RecorderOptions,
  ) {
    const labelled = labelsIn({ labels })
    this.#state = seen(stateOf(actor))
    this.#since = since ?? timeOf(actor)
    actor.subscribe(() => {
      const [from, to] = [this.#state, seen(stateOf(actor))]
      if (from === to) return
      const now = timeOf(actor)
      this.#timings[from] = (this.#timings[from] ?? 0) + now - this.#since
      this.#state = to
      this.#since = now
      const transition = { id, from, to, event: eventOf(actor).type, at: Date.now(), ...labelled }
      onTransition(transition)
      this.#transitions$?.next(transition)
      if (to === 'closed') this.#transitions$?.complete()
      this.#wake(to)
    })
  }

  get state(): CookieState {
    return this.#state
  }

  get transitions$(): Observable<Transition> {
    if (this.#transitions$ === undefined) {
      this.#transitions$ = new Subject()
      if (this.#state === 'closed') this.#transitions$.complete()
    }
    return this.#transitions$
  }

  /** The present state first, then each that follows. Completes when the cookie is closed. */
  get state$(): Observable<CookieState> {
    return stateOfTransitions(this.transitions$, () => this.#state)
  }

  /** Milliseconds spent in each state that has been left, to the microsecond. */
  get timings(): Partial<Record<CookieState, number>> {
    const timings: Partial<Record<CookieState, number>> = {}
    for (const [state, ms] of Object.entries(this.#timings)) timings[state as CookieState] = toMicroseconds(ms)
    return timings
  }

  /**
   * Resolves with the first state that passes the test, beginning with the present one. A closed cookie resolves with
   * `closed`.
   */
  until(test: (state: CookieState) => boolean): Promise<CookieState> {
    if (test(this.#state) || this.#state === 'closed') return Promise.resolve(this.#state)
    return new Promise(resolve => this.#waiters.push({ test, resolve }))
  }

  #wake(state: CookieState): void {
    if (this.#waiters.length === 0) return
    const left: Waiter[] = []
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.test(state) || state === 'closed') waiter.resolve(state)
      else left.push(waiter)
    }
    // A test may not have asked for a state itself, but a subscriber before may have.
    this.#waiters.push(...left)
  }
}
