import prettyBytes from 'pretty-bytes'

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

/** The age of a living actor. It changes once a second, so as not to flicker. */
export function age(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1_000)} s` : duration(ms)
}

/** Formats memory in powers of 1024: `65.3 MiB`. */
export const bytes = (count: number): string => prettyBytes(count, { binary: true })

export const percent = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`

/** How often something happens in a second. */
export const perSecond = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)))

/** A time of day, to the millisecond. */
export function clock(at: number): string {
  const date = new Date(at)
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
