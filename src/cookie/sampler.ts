import { EMPTY, from, Observable, Subject, type Subscription } from 'rxjs'
import { type DecimateOptions, StatAccumulator } from '../stats/decimate-sink.ts'
import { keepLatest } from '../stats/keep-latest.ts'
import type { Stat } from '../stats/stat.ts'

/**
 * A run without subscribers is sampled only after this time, in ms: most runs end before, and a stream costs the engine
 * more than they do.
 */
const unwatchedSamplingDelay = 250

/** How a container is sampled. */
export interface SamplerOptions extends DecimateOptions {
  /** How many points are kept. 0: none, and a run without subscribers is not sampled. */
  readonly maxStats: number
  readonly onStat: ((stat: Stat, dropped: number) => unknown) | undefined
  /**
   * ms before a run without subscribers is sampled.
   *
   * @default 250
   */
  readonly delay?: number | undefined
}

/**
 * Samples one container through one stream of the engine, shared by all subscribers, and keeps a bounded number of
 * points.
 */
export class Sampler {
  /** Emits samples as they arrive. Completes when the run has ended. */
  readonly stats$: Observable<Stat>
  readonly #samples = new Subject<Stat>()
  readonly #kept: StatAccumulator
  readonly #source: Observable<Stat>
  readonly #maxStats: number
  readonly #delay: number
  #running = false
  #subscription: Subscription | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(
    source: Observable<Stat>,
    { maxStats, onStat, delay = unwatchedSamplingDelay, extremes }: SamplerOptions,
  ) {
    this.#source = source
    this.#maxStats = maxStats
    this.#delay = delay
    this.#kept = new StatAccumulator(maxStats, extremes === undefined ? {} : { extremes })
    this.stats$ = new Observable(subscriber => {
      const subscription = this.#samples.subscribe(subscriber)
      if (this.#running) this.#subscribe()
      return subscription
    })
    // An error of the callback only ends its own calls.
    if (onStat !== undefined) this.#samples.pipe(keepLatest(promised(onStat))).subscribe({ error: () => {} })
  }

  /** The samples so far, decimated. */
  get points(): readonly Stat[] {
    return this.#kept.points()
  }

  /** Begins to sample: at once where there is a subscriber, else after the delay. */
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
        // A copy: the sample may refer to the engine's raw reply.
        this.#kept.offer({ timestamp: stat.timestamp, metrics: stat.metrics })
        this.#samples.next(stat)
      },
      // A broken stream of samples must not fail the run.
      error: () => {},
    })
  }
}

/** A callback that may return a promise. It is busy until the promise settles. */
const promised = (callback: (stat: Stat, dropped: number) => unknown) => (stat: Stat, dropped: number) => {
  const done = callback(stat, dropped)
  return isThenable(done) ? from(done) : EMPTY
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
