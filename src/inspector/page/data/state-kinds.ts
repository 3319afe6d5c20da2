/** What a state or a status means to the viewer. It decides the colour. */
export type StateKind = 'wait' | 'work' | 'run' | 'change' | 'freeze' | 'stop' | 'ok' | 'warn' | 'bad' | 'over'

const kinds: Readonly<Record<string, StateKind>> = {
  created: 'wait',
  queued: 'wait',
  idle: 'wait',
  free: 'wait',
  resting: 'wait',
  waiting: 'wait',
  pausing: 'wait',
  preparing: 'work',
  prepared: 'work',
  starting: 'work',
  launching: 'work',
  listening: 'work',
  making: 'work',
  choosing: 'work',
  looking: 'work',
  pulling: 'work',
  judging: 'work',
  running: 'run',
  busy: 'run',
  leased: 'run',
  adopted: 'run',
  freezing: 'change',
  unfreezing: 'change',
  frozen: 'freeze',
  paused: 'freeze',
  terminating: 'stop',
  stopping: 'stop',
  collecting: 'stop',
  draining: 'stop',
  removing: 'stop',
  deciding: 'stop',
  done: 'ok',
  success: 'ok',
  ready: 'ok',
  present: 'ok',
  timeout: 'warn',
  cancelled: 'warn',
  killed: 'bad',
  failed: 'bad',
  error: 'bad',
  exited: 'bad',
  broken: 'bad',
  launchFailed: 'bad',
  launchTimeout: 'bad',
  freezeFailed: 'bad',
  closing: 'over',
  closed: 'over',
  gone: 'over',
  ended: 'over',
  stopped: 'over',
  evicted: 'over',
  expired: 'over',
}

/** The kind of a state or a status. An unknown one counts as work. */
export const kindOf = (state: string): StateKind => kinds[state] ?? kinds[state.split('.').at(-1) ?? ''] ?? 'work'

/** True for a state that an actor enters only when its end is decided. */
export const isEnd = (state: string): boolean => ['ok', 'warn', 'bad', 'over'].includes(kindOf(state))

/** The kind of a state of an actor that has the status: how it ended decides over the state in which it did. */
export function outcomeKind(state: string, status: string | undefined): StateKind {
  const kind = kindOf(state)
  if (status === undefined || !['ok', 'over'].includes(kind)) return kind
  const outcome = kindOf(status)
  return ['warn', 'bad'].includes(outcome) ? outcome : kind
}

interface Stand {
  readonly state: string
  readonly status?: string | undefined
}

/** True for an actor that did not end well. */
export const endedBadly = ({ state, status }: Stand): boolean =>
  status !== undefined && [state, status].some(word => ['warn', 'bad'].includes(kindOf(word)))

/** The state that a row shows: how the actor ended, once it has. */
export const shownState = ({ state, status, over }: Stand & { readonly over: boolean }): string =>
  status !== undefined && (over || kindOf(state) === 'over' || kindOf(state) === 'ok') ? status : state
