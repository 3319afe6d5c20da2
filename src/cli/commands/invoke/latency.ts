import { columns } from '../../output/columns.ts'

/** Collects the durations of calls and summarizes them. */
export class LatencySummary {
  readonly #started = performance.now()
  readonly #times: number[] = []
  readonly #failures = new Map<string, number>()

  /** Adds a call. `failure` names its error, if it failed. */
  add(ms: number, failure: string | undefined): void {
    this.#times.push(ms)
    if (failure !== undefined) this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1)
  }

  get failed(): number {
    return [...this.#failures.values()].reduce((sum, count) => sum + count, 0)
  }

  lines(containers: number): string[] {
    const elapsed = performance.now() - this.#started
    const sorted = this.#times.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    const figures = [
      ['fastest', at(0)],
      ['p50', at(0.5)],
      ['p90', at(0.9)],
      ['p99', at(0.99)],
      ['slowest', at(1)],
    ] as const
    return [
      `${sorted.length} calls in ${(elapsed / 1_000).toFixed(2)} s, ${(sorted.length / (elapsed / 1_000)).toFixed(0)} a second, ${containers} ${containers === 1 ? 'container' : 'containers'} at the end; ${this.failed} failed`,
      ...[...this.#failures].map(([failure, count]) => `  ${count} × ${failure}`),
      ...columns(figures.map(([name, ms]) => [`  ${name}`, `${ms.toFixed(2).padStart(9)} ms`])),
    ]
  }
}
