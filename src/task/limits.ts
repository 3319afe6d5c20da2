import { parseSize } from '../utils/size.ts'
import { type Issues, isRecord } from '../utils/validation/issues.ts'
import { rightName } from '../utils/validation/suggest.ts'

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

/** ms; Infinity for none. */
export function readTimeout(issues: Issues, value: unknown): number {
  if (value === undefined || value === 0) return Number.POSITIVE_INFINITY
  if (typeof value === 'number' && value > 0) return value
  issues.add('timeout', value, 'a positive number of milliseconds, or 0 or Infinity for none')
  return Number.POSITIVE_INFINITY
}

/** Bytes; 0 for none. */
export function readMemory(issues: Issues, value: unknown): number {
  if (value === undefined) return 0
  const bytes = parseSize(value)
  if (bytes !== undefined && (bytes === 0 || bytes >= minMemory)) return bytes
  issues.add('memory', value, "a number of bytes or a size such as '64m', 6 MiB at least, or 0 for no limit")
  return 0
}

/** Soft and hard limits by their docker names. */
export function readUlimits(issues: Issues, value: unknown): Readonly<Record<string, number>> {
  if (value !== undefined && !isRecord(value))
    issues.add('ulimits', value, 'an object of numbers, such as { nofile: 1024 }')
  const limits: [string, number][] = []
  for (const [name, limit] of isRecord(value) ? Object.entries(value) : []) {
    if (!ulimitNames.includes(name)) {
      issues.add(`ulimits.${name}`, limit, rightName(name, ulimitNames))
    } else if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) limits.push([name, limit])
    else issues.add(`ulimits.${name}`, limit, 'a whole number from 0 up')
  }
  return Object.freeze(Object.fromEntries(limits))
}
