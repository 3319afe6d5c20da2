import type { Rule } from './validation/rules.ts'

/** The signals of Linux by number, from 1 on. Containers know these also where this process runs on another system. */
const names = [
  ...['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM'],
  ...['TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF'],
  ...['WINCH', 'IO', 'PWR', 'SYS'],
]

/** Other names of the same signals. */
const aliases: Readonly<Record<string, string>> = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO' }

/** The signals for programs' own use. The two before them belong to the C library. */
const [firstRealTime, lastRealTime] = [34, 64]

/** The number of a signal, by its name with or without `SIG`, in any case, or by the number itself; undefined for none. */
export function signalNumber(signal: string | number): number | undefined {
  const text = String(signal)
  if (typeof signal === 'number' || /^\d+$/.test(text))
    return nameOf(Number(text)) === undefined ? undefined : Number(text)
  const bare = text.toUpperCase().replace(/^SIG/, '')
  const index = names.indexOf(aliases[bare] ?? bare)
  if (index !== -1) return index + 1
  const [, end, sign, offset = '0'] = /^RTM(IN|AX)(?:([+-])(\d{1,2}))?$/.exec(bare) ?? []
  if (end === undefined || (sign !== undefined && sign !== (end === 'IN' ? '+' : '-'))) return undefined
  const number = end === 'IN' ? firstRealTime + Number(offset) : lastRealTime - Number(offset)
  return number >= firstRealTime && number <= lastRealTime ? number : undefined
}

/** The name of a signal's number, as engines and Node.js spell it. */
function nameOf(number: number): string | undefined {
  const name = names[number - 1]
  if (name !== undefined) return `SIG${name}`
  if (!Number.isInteger(number) || number < firstRealTime || number > lastRealTime) return undefined
  // Engines count the nearer half from each end.
  const [low, high] = [number - firstRealTime, lastRealTime - number]
  if (low <= high) return low === 0 ? 'SIGRTMIN' : `SIGRTMIN+${low}`
  return high === 0 ? 'SIGRTMAX' : `SIGRTMAX-${high}`
}

/** The name of a signal in one spelling: `'SIGTERM'` for `'term'` and 15. Undefined for what is no signal. */
export function signalName(signal: string | number): string | undefined {
  const number = signalNumber(signal)
  return number === undefined ? undefined : nameOf(number)
}

/** A signal, read as its name. */
export const unixSignal: Rule<string> = {
  allowed: "the name of a signal, such as 'SIGTERM', or its number (1 to 31, 34 to 64)",
  read: value => (typeof value === 'string' || typeof value === 'number' ? signalName(value) : undefined),
}
