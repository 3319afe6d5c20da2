interface Range {
  min: number
  max: number
  count: number
}

/** The smallest and the largest value of each metric. A missing metric counts as 0, as it does in the mean. */
export class Extremes {
  readonly #ranges = new Map<string, Range>()
  #count = 0

  add(metrics: Readonly<Record<string, number>>): void {
    this.#count++
    for (const [name, value] of Object.entries(metrics)) this.#widen(name, { min: value, max: value, count: 1 })
  }

  addExtremes(other: Extremes): void {
    this.#count += other.#count
    for (const [name, range] of other.#ranges) this.#widen(name, range)
  }

  /** As metrics: `cpu_total_min`, `cpu_total_max`. */
  toMetrics(): Record<string, number> {
    return Object.fromEntries(
      [...this.#ranges].flatMap(([name, { min, max, count }]) => {
        const isMissing = count < this.#count
        return [
          [`${name}_min`, isMissing ? Math.min(min, 0) : min],
          [`${name}_max`, isMissing ? Math.max(max, 0) : max],
        ]
      }),
    )
  }

  #widen(name: string, { min, max, count }: Range): void {
    const range = this.#ranges.get(name)
    if (range === undefined) {
      this.#ranges.set(name, { min, max, count })
    } else {
      range.min = Math.min(range.min, min)
      range.max = Math.max(range.max, max)
      range.count += count
    }
  }
}
