import { parseSize } from '../utils/size.ts'
import { unixSignal } from '../utils/unix-signals.ts'
import { frozenRecord } from '../utils/validation/frozen.ts'
import { type Issues, isRecord } from '../utils/validation/issues.ts'
import { boolean, milliseconds, or, type Rule, whole } from '../utils/validation/rules.ts'
import { rightName } from '../utils/validation/suggest.ts'
import type { ResolvedTask } from './resolved-task.ts'
import type { StopOptions } from './task.ts'

/** The least that Docker Engine starts a container with. */
const minMemory = 6 * 1024 * 1024
const ulimitNames = [
  ...[
    'core',
    'cpu',
    'data',
    'fsize',
    'locks',
    'memlock',
    'msgqueue',
    'nice',
    'nofile',
    'nproc',
    'rss',
    'rtprio',
    'rttime',
  ],
  ...['sigpending', 'stack'],
]

/** ms; 0 is read as Infinity. */
export const timeoutRule: Rule<number> = {
  allowed: 'a positive number of milliseconds, or 0 or Infinity for none',
  read: value => (typeof value === 'number' && value >= 0 ? value || Infinity : undefined),
}

/** ms. */
const stopGraceRule: Rule<number> = milliseconds()

/** Bytes. */
export const memoryRule: Rule<number> = {
  allowed: "a number of bytes or a size such as '64m', 6 MiB at least, or 0 for no limit",
  read(value) {
    const bytes = parseSize(value)
    return bytes === 0 || (bytes ?? 0) >= minMemory ? bytes : undefined
  },
}

/** Milli-CPUs. The engine's shortest quota is 1 ms in a period of 100 ms. */
export const cpusRule: Rule<number> = {
  ...or(whole({ min: 10 }), 0),
  allowed: 'a whole number of milli-CPUs from 10 up (500 is half a CPU), or 0 for no limit',
}

/** -1: none. */
const ulimit = whole({ min: -1 })

/** Soft and hard limits by their docker names. */
export function readUlimits(
  issues: Issues,
  value: unknown,
): Readonly<Record<string, { readonly soft: number; readonly hard: number }>> {
  if (value !== undefined && !isRecord(value))
    issues.add('ulimits', value, 'an object of numbers, such as { nofile: 1024 }')
  const limits: [string, { soft: number; hard: number }][] = []
  for (const [name, limit] of isRecord(value) ? Object.entries(value) : []) {
    const field = `ulimits.${name}`
    if (!ulimitNames.includes(name)) {
      issues.add(field, limit, rightName(name, ulimitNames))
      continue
    }
    const both = isRecord(limit) ? limit : { soft: limit, hard: limit }
    const at = isRecord(limit) ? { soft: `${field}.soft`, hard: `${field}.hard` } : { soft: field, hard: field }
    issues.refuseUnknown(both, ['soft', 'hard'], { at: `${field}.` })
    const [soft, hard] = [ulimit.read(both.soft), ulimit.read(both.hard)]
    if (soft === undefined) issues.add(at.soft, both.soft, ulimit.allowed)
    if (hard === undefined && isRecord(limit)) issues.add(at.hard, both.hard, ulimit.allowed)
    if (soft === undefined || hard === undefined) continue
    if (hard !== -1 && (soft === -1 || soft > hard)) issues.add(at.soft, soft, `at most the hard limit, ${hard}`)
    limits.push([name, Object.freeze({ soft, hard })])
  }
  return frozenRecord(limits)
}

/** Reads how a program is asked to end. `defaults` holds for what is not given. */
export function readStop(
  issues: Issues,
  { stopSignal, stopGrace, thaw }: { readonly [Name in keyof StopOptions]?: unknown },
  defaults: StopOptions = {},
): Pick<ResolvedTask, 'stopSignal' | 'stopGrace' | 'thaw'> {
  return {
    stopSignal: issues.read(
      'stopSignal',
      stopSignal === undefined ? defaults.stopSignal : stopSignal,
      unixSignal,
      undefined,
    ),
    stopGrace: issues.read('stopGrace', stopGrace === undefined ? defaults.stopGrace : stopGrace, stopGraceRule, 0),
    thaw: issues.read('thaw', thaw === undefined ? defaults.thaw : thaw, boolean, false),
  }
}
