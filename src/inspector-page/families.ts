/** What a state means to who looks: it decides the colour. */
export type Family = 'wait' | 'work' | 'run' | 'change' | 'freeze' | 'stop' | 'ok' | 'warn' | 'bad' | 'over'

const families: Readonly<Record<string, Family>> = {
  created: 'wait',
  queued: 'wait',
  idle: 'wait',
  preparing: 'work',
  prepared: 'work',
  starting: 'work',
  launching: 'work',
  listening: 'work',
  pulling: 'work',
  running: 'run',
  busy: 'run',
  freezing: 'change',
  unfreezing: 'change',
  frozen: 'freeze',
  paused: 'freeze',
  stopping: 'stop',
  draining: 'stop',
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
  closing: 'over',
  closed: 'over',
  gone: 'over',
  stopped: 'over',
  evicted: 'over',
}

/** The family of a state, or of a status; what is not known is at work. */
export const familyOf = (state: string): Family => families[state] ?? families[state.split('.').at(-1) ?? ''] ?? 'work'

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
