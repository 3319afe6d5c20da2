import { fromCallback } from 'xstate'

/** The clock that drives a machine's delays. It may also give the time, as XState's `SimulatedClock` does. */
export interface MachineClock {
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  now?(): number
}

const clockOf = (actor: object) => (actor as { readonly clock: MachineClock }).clock

/** Monotonic milliseconds by the actor's clock, or by `performance.now()` where that clock gives no time. */
export const timeOf = (actor: object): number => clockOf(actor).now?.() ?? performance.now()

/** The longest delay of a JavaScript timer, in ms. A longer one would fire at once. */
export const longestDelay = 2 ** 31 - 1

/** A duration in a form that JSON keeps: undefined for none, where `Infinity` would become `null`. */
export const finite = (ms: number | undefined): number | undefined =>
  ms === undefined || ms === Number.POSITIVE_INFINITY ? undefined : ms

// A reading of a clock means nothing in another process, so none is kept in a context.
const startedAt = new WeakMap<object, number>()

/** What a {@link stopwatch} starts from. */
export interface StopwatchInput {
  /** ms until it sends `timeout`; undefined: never. */
  readonly ms: number | undefined
}

/**
 * Runs while the state that invokes it is active, under the id `stopwatch`. Unlike a delayed transition of XState, it
 * starts again when a snapshot is restored, and it takes any number of milliseconds.
 */
export const stopwatch = fromCallback<{ type: string }, StopwatchInput>(({ input, self, sendBack }) => {
  const clock = clockOf(self)
  let timer: unknown
  const wait = (left: number) => {
    const delay = Math.min(Math.max(0, left), longestDelay)
    timer = clock.setTimeout(() => (left > delay ? wait(left - delay) : sendBack({ type: 'timeout' })), delay)
  }
  startedAt.set(self, timeOf(self))
  if (input.ms !== undefined) wait(input.ms)
  return () => clock.clearTimeout(timer)
})

/** How long the stopwatch of a machine's actor has run, in ms; 0 where none runs, as in a pure transition. */
export function elapsedOf(actor: object): number {
  const { children } = (actor as { getSnapshot(): { children?: Record<string, object | undefined> } }).getSnapshot()
  const running = children?.stopwatch
  const start = running === undefined ? undefined : startedAt.get(running)
  return running === undefined || start === undefined ? 0 : timeOf(running) - start
}
