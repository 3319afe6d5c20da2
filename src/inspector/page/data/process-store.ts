import type { ActorDetails, Delta, Snapshot, Step } from '../../protocol.ts'
import { Model, type Row } from './model.ts'
import { ActorHistories } from './past/histories.ts'
import { type History, historyOf } from './past/history.ts'

/** How many steps and samples are kept of all actors together. */
const mostKept = 100_000
/** For how many actors fetched details are kept. */
const mostDetails = 200

/** Everything received from one process. Actors' keys are unique within one process only. */
export class ProcessStore {
  readonly instance: string
  readonly model: Model
  readonly #pasts = new ActorHistories(mostKept)
  readonly #details = new Map<number, ActorDetails | 'unknown'>()

  /** `onStep` is called with each new step. */
  constructor(instance: string, onStep: (step: Step) => void = () => {}) {
    this.instance = instance
    this.model = new Model(step => {
      this.#pasts.step(step)
      onStep(step)
    }, true)
  }

  /** False when a message before it is missing. */
  apply(message: Snapshot | Delta): boolean {
    if (!this.model.apply(message)) return false
    if (message.type === 'delta') for (const sample of message.samples ?? []) this.#pasts.sample(sample)
    return true
  }

  /** Keeps fetched details of an actor. Undefined: the inspector has dropped the actor. */
  setDetails(key: number, details: ActorDetails | undefined): void {
    const known = this.#details.get(key)
    this.#details.delete(key)
    this.#details.set(key, details ?? known ?? 'unknown')
    for (const oldest of this.#details.keys()) {
      if (this.#details.size <= mostDetails) break
      this.#details.delete(oldest)
    }
  }

  /** True where fetching an actor's details again would add nothing. */
  knowsAllOf({ key, over, steps }: Row): boolean {
    const fetched = this.#details.get(key)
    return over && typeof fetched === 'object' && fetched.log.at(-1)?.n === steps
  }

  /** An actor's past up to its row and up to a time. `canFetch`: details may still arrive. */
  historyOf(row: Row, canFetch: boolean, until?: number): History {
    const fetched = this.#details.get(row.key)
    const details = typeof fetched === 'object' ? fetched : undefined
    return historyOf(row, {
      past: this.#pasts.of(row.key),
      details,
      final: fetched !== undefined || !canFetch,
      ...(until === undefined ? {} : { until }),
    })
  }
}
