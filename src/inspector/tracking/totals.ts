import type { Totals } from '../protocol.ts'

/** Counts actors by state and by status. */
export class Tally {
  #seen = 0
  #ended = 0
  readonly #states: Record<string, Record<string, number>> = Object.create(null)
  readonly #statuses: Record<string, number> = Object.create(null)
  readonly #endings: Record<string, Record<string, number>> = Object.create(null)

  entered(machine: string, state: string): void {
    this.#states[machine] ??= Object.create(null) as Record<string, number>
    count(this.#states[machine], state)
  }

  left(machine: string, state: string): void {
    const states = this.#states[machine]
    const count = states?.[state]
    if (states === undefined || count === undefined) return
    if (count > 1) states[state] = count - 1
    else delete states[state]
  }

  seen(): void {
    this.#seen += 1
  }

  ended(machine: string, status: string): void {
    this.#ended += 1
    count(this.#statuses, status)
    this.#endings[machine] ??= Object.create(null) as Record<string, number>
    count(this.#endings[machine], status)
  }

  get totals(): Totals {
    return {
      seen: this.#seen,
      ended: this.#ended,
      states: copyOf(this.#states),
      statuses: { ...this.#statuses },
      endings: copyOf(this.#endings),
    }
  }
}

const count = (counts: Record<string, number>, word: string) => {
  counts[word] = (counts[word] ?? 0) + 1
}

const copyOf = (counts: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  Object.fromEntries(Object.entries(counts).map(([machine, words]) => [machine, { ...words }]))
