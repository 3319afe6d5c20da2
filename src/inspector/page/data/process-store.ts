import type { ActorDetails, Delta, Snapshot, Step } from '../../protocol.ts'
import { ActorHistories } from './histories.ts'
import { type History, historyOf } from './history.ts'
import { Model, type Row } from './model.ts'

/** How many steps and samples are kept of all actors together. */
const mostKept = 100_000
/** Of how many actors what the inspector said is kept. */
const mostAsked = 200

/** All that one process has told. Keys mean something within one process only. */
export class ProcessStore {
  readonly instance: string
  readonly model: Model
  readonly #pasts = new ActorHistories(mostKept)
  readonly #asked = new Map<number, ActorDetails | 'unknown'>()

  /** `stepped` hears of each step that is new. */
  constructor(instance: string, stepped: (step: Step) => void = () => {}) {
    this.instance = instance
    this.model = new Model(step => {
      this.#pasts.step(step)
      stepped(step)
    })
  }

  /** False when something before it is missing. */
  apply(message: Snapshot | Delta): boolean {
    if (!this.model.apply(message)) return false
    if (message.type === 'delta') for (const sample of message.samples ?? []) this.#pasts.sample(sample)
    return true
  }

  /** Keeps what the inspector said of an actor; undefined: that it does not know it any more. */
  heard(key: number, details: ActorDetails | undefined): void {
    const known = this.#asked.get(key)
    this.#asked.delete(key)
    this.#asked.set(key, details ?? known ?? 'unknown')
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= mostAsked) break
      this.#asked.delete(oldest)
    }
  }

  /** True where the inspector has nothing to add to what is known of an actor. */
  knowsAllOf({ key, over, steps }: Row): boolean {
    const asked = this.#asked.get(key)
    return over && typeof asked === 'object' && asked.log.at(-1)?.n === steps
  }

  /** An actor's past up to where its row is, and to a time. `canAsk`: an answer of the inspector may still come. */
  historyOf(row: Row, canAsk: boolean, until?: number): History {
    const asked = this.#asked.get(row.key)
    const details = typeof asked === 'object' ? asked : undefined
    return historyOf(row, {
      past: this.#pasts.of(row.key),
      details,
      final: asked !== undefined || !canAsk,
      ...(until === undefined ? {} : { until }),
    })
  }
}
