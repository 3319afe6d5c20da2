import { isUint8Array } from 'node:util/types'
import { CookietinError } from '../errors.ts'
import { parseTime, writeTime, zeroTime } from './go-time.ts'
import { checkStats, type Stat } from './stat.ts'

const maxUint64 = 2n ** 64n - 1n

/**
 * Encodes samples as text in Fn's form (Fn's `Value`): `''` for none, else a JSON array and a line feed. Keys are sorted, times are in
 * UTC with milliseconds (`2016-08-11T00:00:00.123Z`), and metrics are whole numbers, with any fraction cut off.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` for a time without such a form, and for metrics that are negative or not finite.
 *
 * @example
 * encodeStats([{ timestamp: 0, metrics: { mem_usage: 1024 } }])
 * // '[{"metrics":{"mem_usage":1024},"timestamp":"1970-01-01T00:00:00.000Z"}]\n'
 */
export function encodeStats(stats: readonly Stat[]): string {
  checkStats(stats)
  if (stats.length === 0) return ''
  const items = stats.map(({ timestamp, metrics }, index) => {
    const time = writeTime(timestamp)
    if (time === undefined)
      throw failed('encode', `stats[${index}].timestamp`, timestamp, 'a Unix time in ms, of the years 0 to 9999')
    return `{"timestamp":"${time}","metrics":${metrics === null || metrics === undefined ? 'null' : encodeMetrics(metrics, index)}}`
  })
  return `[${items.join(',')}]\n`
}

function encodeMetrics(metrics: Readonly<Record<string, number>>, index: number): string {
  const entries = Object.entries(metrics).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  const fields = entries.map(([name, value]) => {
    const whole = Math.trunc(value)
    if (!Number.isFinite(whole) || whole < 0)
      throw failed('encode', `stats[${index}].metrics.${name}`, value, 'a number from 0 up')
    // A number beyond 2^53 prints rounded to 17 digits otherwise, and one rounded up to 2^64 would not be read again.
    const digits = Number.isSafeInteger(whole)
      ? String(whole + 0)
      : String(BigInt(whole) > maxUint64 ? maxUint64 : BigInt(whole))
    return `${encodeString(name)}:${digits}`
  })
  return `{${fields.join(',')}}`
}

/** Escapes as Go's encoder does: characters that end a script element, or a line in old JavaScript, and `\b` and `\f`. */
function encodeString(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' }
  return JSON.stringify(text)
    .replaceAll(/\\./g, pair => escapes[pair] ?? pair)
    .replaceAll(/[<>&\u2028\u2029]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Decodes the output of {@link encodeStats}, or of Fn: a string or bytes (Fn's `Scan`). `null`, undefined, `''` and `'null'` are no samples.
 *
 * @remarks
 * Like Fn, it ignores unknown fields and the case of field names, reads `null` as a metric of 0, and a missing time as the year 1.
 * Unlike Fn, it returns `{}` for metrics that are `null`. Times are cut to whole milliseconds.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` for any other value.
 *
 * @example
 * const stats = decodeStats('[{"timestamp":"2026-01-02T03:04:05Z","metrics":{"mem_usage":1024}}]')
 */
export function decodeStats(value: string | Uint8Array | null | undefined): Stat[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'string' && !isUint8Array(value)) throw failed('decode', 'stats', value, 'a string or bytes')
  const text = typeof value === 'string' ? value : new TextDecoder('utf-8', { ignoreBOM: true }).decode(value)
  if (text === '') return []
  const items = parse(text)
  if (items === null) return []
  if (!Array.isArray(items)) throw failed('decode', 'stats', items, 'a JSON array')
  return items.map(decodeStat)
}

function decodeStat(item: unknown, index: number): Stat {
  const where = `stats[${index}]`
  if (item === null) return { timestamp: zeroTime, metrics: {} }
  if (!isObject(item)) throw failed('decode', where, item, 'an object')
  let timestamp = zeroTime
  let metrics: Record<string, number> = {}
  for (const [name, value] of Object.entries(item)) {
    const field = unmarked(name).toLowerCase()
    if (field === 'timestamp' && value !== null) timestamp = decodeTime(value, `${where}.timestamp`)
    if (field === 'metrics') metrics = value === null ? {} : decodeMetrics(value, `${where}.metrics`)
  }
  return { timestamp, metrics }
}

function decodeTime(value: unknown, where: string): number {
  const time = typeof value === 'string' && value.startsWith('s') ? parseTime(unmarked(value)) : undefined
  return time ?? fail('decode', where, value, 'a time such as 2016-08-11T00:00:00.123Z')
}

function decodeMetrics(value: unknown, where: string): Record<string, number> {
  if (!isObject(value)) throw failed('decode', where, value, 'an object')
  return Object.fromEntries(
    Object.entries(value).map(([name, metric]) => {
      const digits = typeof metric === 'string' && /^n\d+$/.test(metric) ? unmarked(metric) : undefined
      if (metric !== null && (digits === undefined || BigInt(digits) > maxUint64)) {
        throw failed(
          'decode',
          `${where}.${unmarked(name)}`,
          metric,
          'a whole number from 0 to 2^64 - 1, without a point or an exponent',
        )
      }
      return [unmarked(name), Number(digits ?? 0)]
    }),
  )
}

/** Parses JSON and keeps the text of its numbers: a number becomes `'n1.0'`, a string `'stext'`, also in keys. */
function parse(text: string): unknown {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new CookietinError(
      'ERR_COOKIETIN_INVALID_STATS',
      `Cannot decode stats: they are not JSON: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, token =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  )
  return JSON.parse(marked)
}

const unmarked = (text: string) => text.slice(1)

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fail(doing: string, where: string, value: unknown, allowed: string): never {
  throw failed(doing, where, value, allowed)
}

function failed(doing: string, where: string, value: unknown, allowed: string): CookietinError {
  const shown =
    typeof value === 'string'
      ? unmarked(value).slice(0, 100)
      : typeof value === 'number'
        ? value
        : `of type ${typeof value}`
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Cannot ${doing} stats: ${where} is ${shown}, it must be ${allowed}`,
  )
}
