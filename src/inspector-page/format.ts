/** A duration for people: `12 ms`, `3.4 s`, `2 m 05 s`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  const whole = Math.max(0, ms)
  if (whole < 1_000) return `${Math.round(whole)} ms`
  if (whole < 60_000) return `${(whole / 1_000).toFixed(whole < 10_000 ? 2 : 1)} s`
  const minutes = Math.floor(whole / 60_000)
  if (minutes < 60) return `${minutes} m ${String(Math.floor((whole % 60_000) / 1_000)).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`
}

/** A duration for the table: what changes does so once a second. */
export function age(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1_000)} s` : duration(ms)
}

/** Bytes for people. */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export const percent = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`

/** A time of day, to the millisecond. */
export function clock(at: number): string {
  const date = new Date(at)
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** XState's own event names in words. */
export function eventName(event: string): string {
  if (event === '') return 'always'
  const done = /^xstate\.(done|error)\.(?:actor|state)\./.exec(event)
  if (done) return done[1] === 'done' ? 'ok' : 'failed'
  const after = /^xstate\.after\.(?<delay>[^.]+)\./.exec(event)?.groups?.delay
  return after === undefined ? event : `after ${after}`
}
