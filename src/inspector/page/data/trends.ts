import { kindOf, type StateKind } from './state-kinds.ts'

/** How long actors stayed in a state, in ms: the median, and what 95 of 100 stays up to. */
export interface StayTimes {
  readonly state: string
  readonly count: number
  readonly p50: number
  readonly p95: number
}

/** How many actors ended within a time, by what that means. */
export interface EndsBar {
  /** Unix ms. */
  readonly from: number
  readonly kinds: Readonly<Partial<Record<StateKind, number>>>
}

/** How many of the latest stays in a state are kept. */
const mostStays = 1_000
/** For how many seconds ends are kept. */
const mostSeconds = 3_600

interface Stays {
  count: number
  readonly latest: number[]
}

/** How long the actors of one machine stay in its states, and how many of them end over time. */
export class Trend {
  readonly #stays = new Map<string, Stays>()
  readonly #ends = new Map<number, Partial<Record<StateKind, number>>>()

  stayed(state: string, ms: number): void {
    const stays = this.#stays.get(state) ?? { count: 0, latest: [] }
    stays.latest[stays.count % mostStays] = Math.max(0, ms)
    stays.count += 1
    this.#stays.set(state, stays)
  }

  ended(at: number, status: string): void {
    const second = Math.floor(at / 1_000)
    const kinds = this.#ends.get(second) ?? {}
    const kind = kindOf(status)
    kinds[kind] = (kinds[kind] ?? 0) + 1
    this.#ends.set(second, kinds)
    if (this.#ends.size <= mostSeconds) return
    const [oldest] = this.#ends.keys()
    if (oldest !== undefined) this.#ends.delete(oldest)
  }

  /** The states that were left at least once, in the order in which they were left first. */
  get stays(): StayTimes[] {
    return [...this.#stays].map(([state, { count, latest }]) => {
      const sorted = latest.toSorted((a, b) => a - b)
      return { state, count, p50: percentile(sorted, 50), p95: percentile(sorted, 95) }
    })
  }

  /** When the first known end was, Unix ms; undefined without any. */
  get began(): number | undefined {
    return this.#ends.size === 0 ? undefined : Math.min(...this.#ends.keys()) * 1_000
  }

  /** The ends of so many spans of `seconds` each, up to a time. */
  bars(to: number, seconds: number, count: number): EndsBar[] {
    const last = Math.floor(to / 1_000 / seconds)
    return Array.from({ length: count }, (_, index) => {
      const from = (last - count + 1 + index) * seconds
      const kinds: Partial<Record<StateKind, number>> = {}
      for (let second = from; second < from + seconds; second++) {
        for (const [kind, ended] of Object.entries(this.#ends.get(second) ?? {})) {
          kinds[kind as StateKind] = (kinds[kind as StateKind] ?? 0) + ended
        }
      }
      return { from: from * 1_000, kinds }
    })
  }

  copy(): Trend {
    const copy = new Trend()
    for (const [state, { count, latest }] of this.#stays) copy.#stays.set(state, { count, latest: [...latest] })
    for (const [second, kinds] of this.#ends) copy.#ends.set(second, { ...kinds })
    return copy
  }
}

/** The smallest of sorted values that is not below so many of 100. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}
