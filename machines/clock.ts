/** The clock that drives a machine's delays: XState's own, or one that also tells the time, as XState's `SimulatedClock` does. */
export interface TellingClock {
  now?(): number
}

/** Monotonic milliseconds by the actor's clock; by `performance.now()` where the clock cannot tell. */
export function timeOf(actor: object): number {
  const { clock } = actor as { clock?: TellingClock }
  return clock?.now?.() ?? performance.now()
}

/** The longest delay that a JavaScript timer can hold, in ms; a longer one would fire at once. */
export const longestDelay = 2 ** 31 - 1
