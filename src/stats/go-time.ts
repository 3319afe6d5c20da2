/** Go's zero time, the start of the year 1, in Unix ms. */
export const zeroTime = -62_135_596_800_000

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Writes Unix ms in Fn's form, with 3 decimals, cut and not rounded. Returns undefined for a year that does not have four digits. */
export function writeTime(timestamp: number): string | undefined {
  const date = new Date(Math.floor(timestamp))
  const year = date.getUTCFullYear()
  return year >= 0 && year <= 9999 ? date.toISOString() : undefined
}

/** Reads RFC 3339 as Go does, with any number of decimals. `''` is the Unix epoch, as in Fn. Returns undefined for any other text. */
export function parseTime(text: string): number | undefined {
  if (text === '') return 0
  const match = form.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  // Date.UTC would read the year 1 as 1901.
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)))
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * 60_000
  return isReal ? date.getTime() - (match[8] === '-' ? -offset : offset) : undefined
}
