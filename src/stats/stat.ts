/**
 * One resource sample of one cookie (the seed's `Stat`).
 *
 * Metric names and units are the seed's: `net_rx`, `net_tx`, `disk_read`, `disk_write` in bytes since the start,
 * `mem_usage`, `mem_limit` in bytes, `cpu_user`, `cpu_kernel`, `cpu_total` in percent of one core.
 */
export interface Stat {
  /** Unix time in ms. */
  readonly timestamp: number
  readonly metrics: Readonly<Record<string, number>>
}
