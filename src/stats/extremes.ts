/** The least and the greatest value of each metric in any number of samples; a missing metric counts for neither. */
export class Extremes {
  readonly #ranges = new Map<string, { min: number; max: number }>()

  add(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) this.#widen(name, value, value)
  }

  addExtremes(other: Extremes): void {
    for (const [name, { min, max }] of other.#ranges) this.#widen(name, min, max)
  }

  /** As metrics: `cpu_total_min`, `cpu_total_max`. */
  toMetrics(): Record<string, number> {
    return Object.fromEntries(
      [...this.#ranges].flatMap(([name, { min, max }]) => [
        [`${name}_min`, min],
        [`${name}_max`, max],
      ]),
    )
  }

  #widen(name: string, min: number, max: number): void {
    const range = this.#ranges.get(name)
    if (range === undefined) {
      this.#ranges.set(name, { min, max })
    } else {
      range.min = Math.min(range.min, min)
      range.max = Math.max(range.max, max)
    }
  }
}
