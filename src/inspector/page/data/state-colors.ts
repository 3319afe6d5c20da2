/** What a state means to who looks: it decides the colour. */
export type Family = 'wait' | 'work' | 'run' | 'change' | 'freeze' | 'stop' | 'ok' | 'warn' | 'bad' | 'over'

const families: Readonly<Record<string, Family>> = {
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
  wanted: 'work',
  looking: 'work',
  pulling: 'work',
  judging: 'work',
  running: 'run',
  busy: 'run',
  leased: 'run',
  freezing: 'change',
  unfreezing: 'change',
  frozen: 'freeze',
  paused: 'freeze',
  stopping: 'stop',
  draining: 'stop',
  removing: 'stop',
  settling: 'stop',
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
  stopped: 'over',
  evicted: 'over',
}

/** The family of a state, or of a status; what is not known is at work. */
export const familyOf = (state: string): Family => families[state] ?? families[state.split('.').at(-1) ?? ''] ?? 'work'

/** True for what only comes when the end of an actor is decided. */
export const isEnd = (state: string): boolean => ['ok', 'warn', 'bad', 'over'].includes(familyOf(state))

/** What a row shows as its state: how it ended once it has. */
export const shownState = ({
  state,
  status,
  over,
}: {
  state: string
  status?: string | undefined
  over: boolean
}): string =>
  status !== undefined && (over || familyOf(state) === 'over' || familyOf(state) === 'ok') ? status : state
