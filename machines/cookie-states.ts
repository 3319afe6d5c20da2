/** The states of a cookie whose end is decided. */
export const settledStates = ['done', 'timeout', 'killed', 'cancelled', 'failed'] as const

/** The states of a cookie that can be seen from outside, in the order of its life. */
export const cookieStates = [
  'created',
  'preparing',
  'prepared',
  'starting',
  'running',
  'freezing',
  'frozen',
  'unfreezing',
  'terminating',
  'stopping',
  'collecting',
  ...settledStates,
  'closing',
  'closed',
] as const

/** One of {@link cookieStates}. */
export type CookieState = (typeof cookieStates)[number]

/** One of {@link settledStates}. */
export type SettledState = (typeof settledStates)[number]

const settled: ReadonlySet<CookieState> = new Set(settledStates)

/**
 * Returns true for a state in which the end is decided and the removal has not begun.
 *
 * @example
 * execution.state$.subscribe(state => isSettled(state) && console.log(state))
 */
export const isSettled = (state: CookieState): state is SettledState => settled.has(state)
