import { arrowKey, type Counts, hops, type Step } from '../protocol.ts'

/** The latest steps of an actor, and counts of those that are not held any more. */
export class StepLog {
  readonly #limit: number
  #steps: Step[] = []
  /** Where the oldest step is, once the ring is full. */
  #oldest = 0
  #states: Record<string, number> | undefined
  #arrows: Record<string, number> | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  push(step: Step): void {
    if (this.#steps.length < this.#limit) {
      this.#steps.push(step)
      return
    }
    const evicted = this.#steps[this.#oldest]
    if (evicted !== undefined) this.#count(evicted)
    this.#steps[this.#oldest] = step
    this.#oldest = (this.#oldest + 1) % this.#limit
  }

  /** Oldest first. */
  get steps(): readonly Step[] {
    return [...this.#steps.slice(this.#oldest), ...this.#steps.slice(0, this.#oldest)]
  }

  /** Of the steps that are not held any more. */
  get before(): Counts {
    return { states: { ...this.#states }, arrows: { ...this.#arrows } }
  }

  #count(step: Step): void {
    this.#states ??= Object.create(null) as Record<string, number>
    this.#arrows ??= Object.create(null) as Record<string, number>
    for (const [from, to] of hops(step)) {
      this.#states[to] = (this.#states[to] ?? 0) + 1
      const arrow = arrowKey(from, to)
      this.#arrows[arrow] = (this.#arrows[arrow] ?? 0) + 1
    }
  }
}
