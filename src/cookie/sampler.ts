import { EMPTY, from, Observable, Subject, type Subscription } from 'rxjs'
import { type DecimateOptions, StatAccumulator } from '../stats/decimate-sink.ts'
import { keepLatest } from '../stats/keep-latest.ts'
import type { Stat } from '../stats/stat.ts'

/** How long a run goes unsampled when nobody watches, in ms: most end before, and a stream costs the engine more than they do. */
const patience = 250

/** How a container is sampled. */
export interface SamplerOptions extends DecimateOptions {
  /** How many points are kept. 0: none, and nothing is sampled that nobody watches. */
  readonly maxStats: number
  readonly onStat: ((stat: Stat, dropped: number) => unknown) | undefined
  /** As `patience`. */
  readonly delay?: number | undefined
}

/** Samples one container through one stream of the engine, however many subscribe, into a bounded number of points. */
export class Sampler {
  /** Samples as they come; completes when the run has ended. */
  readonly stats$: Observable<Stat>
  readonly #samples = new Subject<Stat>()
  readonly #kept: StatAccumulator
  readonly #source: Observable<Stat>
  readonly #maxStats: number
  readonly #delay: number
  #running = false
  #subscription: Subscription | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: Observable<Stat>, { maxStats, onStat, delay = patience, extremes }: SamplerOptions) {
    this.#source = source
    this.#maxStats = maxStats
    this.#delay = delay
    this.#kept = new StatAccumulator(maxStats, extremes === undefined ? {} : { extremes })
    this.stats$ = new Observable(subscriber => {
      const subscription = this.#samples.subscribe(subscriber)
      if (this.#running) this.#subscribe()
      return subscription
    })
    // An error of the callback ends the calls to it, and nothing else.
    if (onStat !== undefined) this.#samples.pipe(keepLatest(promised(onStat))).subscribe({ error: () => {} })
  }

  /** The samples so far, decimated. */
  get points(): readonly Stat[] {
    return this.#kept.points()
  }

  /** Begins to sample: at once where somebody watches, after a while elsewhere. */
  start(): void {
    this.#running = true
    if (this.#samples.observed || (this.#delay === 0 && this.#maxStats > 0)) this.#subscribe()
    else if (this.#maxStats > 0) this.#timer = setTimeout(() => this.#subscribe(), this.#delay).unref()
  }

  /** Ends the engine's stream and completes `stats$`. */
  stop(): void {
    this.#running = false
    clearTimeout(this.#timer)
    this.#subscription?.unsubscribe()
    this.#samples.complete()
  }

  #subscribe(): void {
    clearTimeout(this.#timer)
    if (this.#subscription !== undefined) return
    this.#subscription = this.#source.subscribe({
      next: stat => {
        // A copy, so that what the sample was made of is not kept with it.
        this.#kept.push({ timestamp: stat.timestamp, metrics: stat.metrics })
        this.#samples.next(stat)
      },
      // Samples are an extra: a stream of them that breaks must not fail the run.
      error: () => {},
    })
  }
}

/** A callback that may give a promise: while it is not settled, the callback is busy. */
const promised = (callback: (stat: Stat, dropped: number) => unknown) => (stat: Stat, dropped: number) => {
  const done = callback(stat, dropped)
  return isThenable(done) ? from(done) : EMPTY
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
