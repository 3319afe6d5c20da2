import { CookietinError } from '../errors.ts'
import { Mean } from './mean.ts'
import { checkStats, checkTime, type Stat } from './stat.ts'
import { Windows } from './windows.ts'

/**
 * Reduces samples to at most `maxSamples` points, each the mean of the samples in a window of time (Fn's `Decimate`).
 *
 * @remarks
 * - **Gaps**: all windows have the same length, and an empty window has no point. A series with a gap therefore has fewer points than
 *   `maxSamples`, down to two.
 * - **Missing metrics**: a metric is divided by the number of all samples in its window, so a missing metric counts as 0. A metric that no
 *   sample in the window has is left out.
 * - **Few samples**: when there are at most `maxSamples`, they are returned unchanged, in a new array.
 * - **`maxSamples`** of 0 or less returns none; Infinity returns all.
 *
 * Unlike Fn's, it does not change its input, its sums do not overflow, it always ends, and means of times keep their fraction.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` when `maxSamples` is not a whole number, or the samples are not sorted by time.
 *
 * @example
 * const points = decimate(240, samples)
 */
export function decimate(maxSamples: number, stats: readonly Stat[]): Stat[] {
  checkMaxSamples(maxSamples)
  if (!Array.isArray(stats) || stats.length <= maxSamples) {
    checkStats(stats)
    for (const [index, stat] of stats.entries()) checkTime(stat, `stats[${index}]`)
    return [...stats]
  }
  const first = stats[0]
  const last = stats[stats.length - 1]
  if (maxSamples <= 0) return []
  if (!first || !last) throw refusal(stats)
  checkTime(first, 'stats[0]')

  const windows = new Windows(maxSamples, first.timestamp, last.timestamp)
  const points: Stat[] = []
  const mean = new Mean()
  let before = first.timestamp
  for (const stat of stats) {
    // False for NaN, too.
    if (!(stat?.timestamp >= before && stat.timestamp < Number.POSITIVE_INFINITY)) throw refusal(stats)
    before = stat.timestamp
    if (windows.opens(stat.timestamp)) {
      points.push(mean.toStat())
      mean.reset()
    }
    mean.add(stat)
  }
  points.push(mean.toStat())
  return points
}

/** @throws CookietinError for a value that is neither a whole number nor Infinity. */
export function checkMaxSamples(maxSamples: number): void {
  if (Number.isInteger(maxSamples) || maxSamples === Number.POSITIVE_INFINITY) return
  throw new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Cannot decimate samples to ${String(maxSamples)} points: give a whole number of points`,
  )
}

function refusal(stats: readonly Stat[]): CookietinError {
  checkStats(stats)
  const index = stats.findIndex(({ timestamp }, at) => {
    const before = at === 0 ? Number.NEGATIVE_INFINITY : (stats[at - 1]?.timestamp ?? Number.NaN)
    return !(timestamp >= before && Number.isFinite(timestamp))
  })
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_STATS',
    `Cannot decimate ${stats.length} samples: sample ${index}, at ${stats[index]?.timestamp}, does not follow sample ${index - 1}, ` +
      `at ${stats[index - 1]?.timestamp}; sort them by timestamp first`,
  )
}
