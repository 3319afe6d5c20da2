import { type Observable, Subject, type Subscription } from 'rxjs'
import { StatAccumulator } from '../stats/decimate-sink.ts'
import type { Stat } from '../stats/stat.ts'

/** How long a run goes unsampled when nobody watches, in ms: most end before, and a stream costs the engine more than they do. */
const patience = 250

/** Samples one container through one stream of the engine, however many subscribe, into a bounded number of points. */
export class Sampler {
  /** Samples as they come; completes when the run has ended. */
  readonly stats$ = new Subject<Stat>()
  readonly #kept: StatAccumulator
  readonly #source: Observable<Stat>
  #onStat: ((stat: Stat) => void) | undefined
  #subscription: Subscription | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: Observable<Stat>, maxStats: number, onStat: ((stat: Stat) => void) | undefined) {
    this.#source = source
    this.#kept = new StatAccumulator(maxStats)
    this.#onStat = onStat
  }

  /** The samples so far, decimated. */
  get points(): readonly Stat[] {
    return this.#kept.points()
  }

  /** Begins to sample: at once where somebody watches, after a while elsewhere. */
  start(): void {
    if (this.stats$.observed || this.#onStat !== undefined) this.#subscribe()
    else this.#timer = setTimeout(() => this.#subscribe(), patience).unref()
  }

  /** Ends the engine's stream and completes `stats$`. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#subscription?.unsubscribe()
    this.stats$.complete()
  }

  #subscribe(): void {
    this.#subscription = this.#source.subscribe({
      next: stat => {
        this.#kept.push(stat)
        this.stats$.next(stat)
        this.#tell(stat)
      },
      // Samples are an extra: a stream of them that breaks must not fail the run.
      error: () => {},
    })
  }

  #tell(stat: Stat): void {
    try {
      this.#onStat?.(stat)
    } catch {
      this.#onStat = undefined
    }
  }
}
