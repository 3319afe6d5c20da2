import { arrowsOf, type Counts, enteredBy, hops, type Step } from '../protocol.ts'

/** The latest steps of an actor, and counts of the steps before them. */
export class StepLog {
  readonly #limit: number
  #steps: Step[] = []
  /** The index of the oldest step, once the ring is full. */
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

  /** Counts of the steps that were dropped. */
  get before(): Counts {
    return { states: { ...this.#states }, arrows: { ...this.#arrows } }
  }

  #count(step: Step): void {
    this.#states ??= Object.create(null) as Record<string, number>
    this.#arrows ??= Object.create(null) as Record<string, number>
    for (const state of hops(step).flatMap(enteredBy)) this.#states[state] = (this.#states[state] ?? 0) + 1
    for (const arrow of arrowsOf(step)) this.#arrows[arrow] = (this.#arrows[arrow] ?? 0) + 1
  }
}
