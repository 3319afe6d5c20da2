import { Observable, type OperatorFunction } from 'rxjs'
import { checkMaxSamples } from './decimate.ts'
import { Extremes } from './extremes.ts'
import { Mean } from './mean.ts'
import { checkStat, checkTime, type Stat } from './stat.ts'
import { Windows } from './windows.ts'

/** Options of {@link decimateSink}. */
export interface DecimateOptions {
  /**
   * Adds the smallest and the largest value of each metric to a point, as `cpu_total_min` and `cpu_total_max`. A missing metric counts as 0, as
   * it does in the mean.
   *
   * @default false
   */
  readonly extremes?: boolean
}

interface Point {
  readonly mean: Mean
  readonly extremes: Extremes | undefined
}

/**
 * Accumulates any number of samples in at most `2 × maxSamples` points. When it is full, it decimates its points. Every point is the exact mean
 * of all of its samples.
 */
export class StatAccumulator {
  readonly #max: number
  readonly #extremes: boolean
  #points: Point[] = []
  #last = Number.NEGATIVE_INFINITY

  /**
   * `maxSamples` of 0 or less keeps nothing.
   *
   * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` for a value that is not a whole number.
   */
  constructor(maxSamples: number, { extremes = false }: DecimateOptions = {}) {
    checkMaxSamples(maxSamples)
    this.#max = maxSamples
    this.#extremes = extremes
  }

  /** The present number of points. */
  get size(): number {
    return this.#points.length
  }

  /** Adds a sample. A sample with an earlier time than the one before, as after a step of the clock, counts as of that time. */
  push(stat: Stat): void {
    if (this.#max <= 0) return
    checkStat(stat, 'sample')
    checkTime(stat, 'sample')
    if (this.#points.length >= 2 * this.#max) this.#points = this.#merged()
    const inOrder = stat.timestamp >= this.#last || this.#points.length === 0
    if (inOrder) this.#last = stat.timestamp
    const mean = new Mean()
    mean.add(inOrder ? stat : { ...stat, timestamp: this.#last })
    this.#points.push({ mean, extremes: this.#extremes ? extremesOf(stat) : undefined })
  }

  /** As {@link push}, but leaves out an invalid sample: one of a faulty engine must not fail a run. */
  offer(stat: Stat): void {
    try {
      this.push(stat)
    } catch {
      // Invalid.
    }
  }

  /** The samples so far, in at most `maxSamples` points. Up to twice as many samples, the result equals that of `decimate`. */
  points(): Stat[] {
    const points = this.#points.length <= this.#max ? this.#points : this.#merged()
    return points.map(({ mean, extremes }) => {
      const stat = mean.toStat()
      return extremes === undefined ? stat : { ...stat, metrics: { ...stat.metrics, ...extremes.toMetrics() } }
    })
  }

  #merged(): Point[] {
    const first = this.#points[0]?.mean.timestamp ?? 0
    const last = this.#points.at(-1)?.mean.timestamp ?? 0
    const windows = new Windows(this.#max, first, last)
    const merged: Point[] = []
    let point: Point | undefined
    for (const { mean, extremes } of this.#points) {
      if (point === undefined || windows.opens(mean.timestamp)) {
        point = { mean: new Mean(), extremes: this.#extremes ? new Extremes() : undefined }
        merged.push(point)
      }
      point.mean.addMean(mean)
      if (extremes !== undefined) point.extremes?.addExtremes(extremes)
    }
    return merged
  }
}

/**
 * An RxJS operator that reduces any number of samples to at most `maxSamples` points, in bounded memory: it never holds more than
 * `2 × maxSamples`. It emits the points once, when the source completes. Gaps, missing metrics and `maxSamples` of 0 or less are treated as in
 * `decimate`. A sample with an earlier time than the one before, as after a step of the clock, counts as of that time. With `extremes: true`
 * a point also has the smallest and the largest value of each metric.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_STATS` when `maxSamples` is not a whole number.
 *
 * @example
 * execution.stats$.pipe(decimateSink(60)).subscribe(points => console.log(points.length))
 */
export function decimateSink(maxSamples: number, options?: DecimateOptions): OperatorFunction<Stat, readonly Stat[]> {
  checkMaxSamples(maxSamples)
  return source =>
    new Observable(subscriber => {
      const kept = new StatAccumulator(maxSamples, options)
      return source.subscribe({
        next: stat => {
          try {
            kept.push(stat)
          } catch (error) {
            subscriber.error(error)
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          subscriber.next(kept.points())
          subscriber.complete()
        },
      })
    })
}

function extremesOf({ metrics }: Stat): Extremes {
  const extremes = new Extremes()
  extremes.add(metrics ?? {})
  return extremes
}
