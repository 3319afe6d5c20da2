import { readdirSync } from 'node:fs'

/** One reading of this process. */
export interface Reading {
  /** Seconds since the start. */
  readonly at: number
  /** MiB. */
  readonly heap: number
  /** MiB. */
  readonly rss: number
  readonly descriptors: number
  readonly handles: number
  readonly runs: number
}

export type Quantity = Exclude<keyof Reading, 'at'>

/** Reads the process after a collection of garbage, where Node.js was started with `--expose-gc`. */
export function read(at: number, runs: number): Reading {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    at,
    heap: heapUsed / 2 ** 20,
    rss: rss / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().length,
    runs,
  }
}

/** The slope of a quantity by least squares, in units an hour. */
export function slope(readings: readonly Reading[], quantity: Quantity): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [readings.map(({ at }) => at / 3600), readings.map(reading => reading[quantity])]
  const [meanX, meanY] = [mean(x), mean(y)]
  const covariance = x.reduce((sum, value, index) => sum + (value - meanX) * ((y[index] ?? 0) - meanY), 0)
  const variance = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0)
  return variance === 0 ? 0 : covariance / variance
}
