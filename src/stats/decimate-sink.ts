import { Observable, type OperatorFunction } from 'rxjs'
import { checkMaxSamples } from './decimate.ts'
import { Extremes } from './extremes.ts'
import { Mean } from './mean.ts'
import { checkStat, checkTime, type Stat } from './stat.ts'
import { Windows } from './windows.ts'

/** How samples are brought down to points. */
export interface DecimateOptions {
  /**
   * Adds the least and the greatest value of each metric to a point, as `cpu_total_min` and `cpu_total_max`. A missing metric counts as 0, as it does in
   * the mean, which lies between them. Default false.
   */
  readonly extremes?: boolean
}

interface Point {
  readonly mean: Mean
  readonly extremes: Extremes | undefined
}

/**
 * Takes samples one by one, for however long, and holds `2 × maxSamples` points at most: whenever it is full, it decimates what it holds.
 * Every point is the exact mean of all the samples it stands for, whatever means were taken before.
 */
export class StatAccumulator {
  readonly #max: number
  readonly #extremes: boolean
  #points: Point[] = []
  #last = Number.NEGATIVE_INFINITY

  /** `maxSamples` of 0 or less keeps nothing. Throws `ERR_COOKIETIN_INVALID_STATS` for what is not a whole number. */
  constructor(maxSamples: number, { extremes = false }: DecimateOptions = {}) {
    checkMaxSamples(maxSamples)
    this.#max = maxSamples
    this.#extremes = extremes
  }

  /** How many points are held now. */
  get size(): number {
    return this.#points.length
  }

  /** Takes a sample. One that claims to be earlier than the one before it, as after a step of the clock, counts as of the same time. */
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

  /** The samples so far in `maxSamples` points at most. While there were no more than twice as many samples, it is what `decimate` gives. */
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
 * An RxJS operator that takes samples for however long, in bounded memory, and gives them as `maxSamples` points at most, once, when the
 * source completes: at no time does it hold more than `2 × maxSamples`. Gaps, missing metrics and `maxSamples` of 0 or less are as in `decimate`.
 * A sample that is earlier than the one before it, as after a step of the clock, counts as of the same time.
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
