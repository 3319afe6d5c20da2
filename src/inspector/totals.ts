import type { Totals } from './protocol.ts'

/** Counts actors by state and by status. */
export class Tally {
  #seen = 0
  #ended = 0
  readonly #states: Record<string, Record<string, number>> = Object.create(null)
  readonly #statuses: Record<string, number> = Object.create(null)

  entered(machine: string, state: string): void {
    this.#states[machine] ??= Object.create(null) as Record<string, number>
    const states = this.#states[machine]
    states[state] = (states[state] ?? 0) + 1
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

  ended(status: string): void {
    this.#ended += 1
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
  }

  get totals(): Totals {
    return {
      seen: this.#seen,
      ended: this.#ended,
      states: Object.fromEntries(Object.entries(this.#states).map(([machine, states]) => [machine, { ...states }])),
      statuses: { ...this.#statuses },
    }
  }
}
