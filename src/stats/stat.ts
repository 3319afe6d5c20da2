import { CookietinError } from '../errors.ts'

/**
 * One resource sample of one cookie (Fn's `Stat`).
 *
 * Metric names and units are Fn's: `net_rx`, `net_tx`, `disk_read`, `disk_write` in bytes since the start; `mem_usage` (with the page cache),
 * `mem_limit` in bytes; `cpu_user`, `cpu_kernel`, `cpu_total` in percent of one core since the sample before. Beyond Fn's:
 * `mem_working_set` (without inactive cache) and `mem_peak` (the largest `mem_usage` so far) in bytes; `pids` (processes and threads);
 * `cpu_throttled_ms` and `cpu_throttled_periods` (how long, and in how many periods, the CPU limit throttled it). A metric that the engine does
 * not report is left out.
 */
export interface Stat {
  /** Unix time in ms. */
  readonly timestamp: number
  readonly metrics: Metrics
}

/** The names of the metrics that the built-in drivers report. `docs/stats.md` gives the meaning and unit of each. */
export type MetricName =
  | 'cpu_kernel'
  | 'cpu_throttled_ms'
  | 'cpu_throttled_periods'
  | 'cpu_total'
  | 'cpu_user'
  | 'disk_read'
  | 'disk_write'
  | 'mem_limit'
  | 'mem_peak'
  | 'mem_usage'
  | 'mem_working_set'
  | 'net_rx'
  | 'net_tx'
  | 'pids'

/** Values by name. Editors complete the names of the built-in drivers; a driver of your own may report others. */
export type Metrics = Readonly<Record<string, number>> & { readonly [Name in MetricName]?: number }

/**
 * Checks that a value is a sample.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS`
 */
export function checkStat(stat: unknown, where: string): asserts stat is Stat {
  const { timestamp, metrics } = (stat ?? {}) as Partial<Stat>
  if (typeof timestamp === 'number' && (metrics === undefined || typeof metrics === 'object')) {
    for (const name in metrics) checkMetric(metrics[name], name, where)
    return
  }
  throw new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Invalid stats: ${where} is not allowed, it must be { timestamp: Unix ms, metrics: { name: number } }`,
  )
}

/** @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` for a metric that is not a number. */
export function checkMetric(value: unknown, name: string, where: string): void {
  if (typeof value === 'number' || value === undefined) return
  const type = value === null ? 'null' : `of type ${typeof value}`
  throw new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Invalid stats: ${where}.metrics.${name} is ${type}, it must be a number`,
  )
}

/** @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` for a sample whose time is not finite. */
export function checkTime({ timestamp }: Stat, where: string): void {
  if (Number.isFinite(timestamp)) return
  throw new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Invalid stats: ${where}.timestamp is ${timestamp}, it must be a time in Unix ms`,
  )
}

/** As {@link checkStat}, for each sample. */
export function checkStats(stats: unknown): asserts stats is readonly Stat[] {
  if (!Array.isArray(stats)) {
    throw new CookietinError('ERR_COOKIETIN_INVALID_STATS', 'Invalid stats: they must be an array of samples')
  }
  for (let index = 0; index < stats.length; index++) checkStat(stats[index], `stats[${index}]`)
}
