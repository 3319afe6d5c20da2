import { EMPTY, from, Observable, Subject, type Subscription } from 'rxjs'
import { checkMaxSamples } from '../stats/decimate.ts'
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
  readonly #source: Observable<Stat>
  readonly #options: SamplerOptions
  readonly #delay: number
  /** Made for the first who asks for samples. */
  #samples: Subject<Stat> | undefined
  /** Made for the first sample: most runs end before. */
  #kept: StatAccumulator | undefined
  #state: 'waiting' | 'running' | 'stopped' = 'waiting'
  #subscription: Subscription | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: Observable<Stat>, options: SamplerOptions) {
    const { maxStats, onStat, delay = unwatchedSamplingDelay } = options
    checkMaxSamples(maxStats)
    this.#source = source
    this.#options = options
    this.#delay = delay
    // An error of the callback only ends its own calls.
    if (onStat !== undefined) this.#subject.pipe(keepLatest(promised(onStat))).subscribe({ error: () => {} })
  }

  /** Emits samples as they arrive. Completes when the run has ended. */
  get stats$(): Observable<Stat> {
    return new Observable(subscriber => {
      const subscription = this.#subject.subscribe(subscriber)
      if (this.#state === 'running') this.#subscribe()
      return subscription
    })
  }

  /** The samples so far, decimated. */
  get points(): readonly Stat[] {
    return this.#kept?.points() ?? []
  }

  /** Begins to sample: at once where there is a subscriber, else after the delay. */
  start(): void {
    this.#state = 'running'
    const isKept = this.#options.maxStats > 0
    if (this.#samples?.observed || (this.#delay === 0 && isKept)) this.#subscribe()
    else if (isKept) this.#timer = setTimeout(() => this.#subscribe(), this.#delay).unref()
  }

  /** Ends the engine's stream and completes `stats$`. */
  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    this.#subscription?.unsubscribe()
    this.#samples?.complete()
  }

  get #subject(): Subject<Stat> {
    if (this.#samples === undefined) {
      this.#samples = new Subject()
      if (this.#state === 'stopped') this.#samples.complete()
    }
    return this.#samples
  }

  #subscribe(): void {
    clearTimeout(this.#timer)
    if (this.#subscription !== undefined) return
    const { maxStats, extremes } = this.#options
    const kept = new StatAccumulator(maxStats, extremes === undefined ? {} : { extremes })
    this.#kept = kept
    this.#subscription = this.#source.subscribe({
      next: stat => {
        // A copy: the sample may refer to the engine's raw reply.
        kept.offer({ timestamp: stat.timestamp, metrics: stat.metrics })
        this.#samples?.next(stat)
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
