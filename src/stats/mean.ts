import { checkMetric, type Stat } from './stat.ts'

/**
 * The mean of any number of samples, as Fn computes it: the mean of the times, and of each metric its sum divided by the number of **all**
 * samples, so a missing metric counts as 0. Whole numbers are divided without a remainder.
 *
 * Sums of whole numbers are exact at any size. A metric that has a fraction in any sample gets an ordinary mean.
 */
export class Mean {
  #count = 0
  #first: Stat | undefined
  #origin = 0
  /** Sum of the times since `#origin`, in ms: small enough to be exact. */
  #time = 0
  #keys: string[] = []
  #sums: number[] = []
  /** The parts of sums that do not fit into a number, by the metric's index. */
  #large: (bigint | undefined)[] = []
  #fractional: (boolean | undefined)[] = []

  get timestamp(): number {
    return this.#origin + this.#time / this.#count
  }

  add(stat: Stat): void {
    if (this.#count === 0) {
      this.#first = stat
      this.#origin = stat.timestamp
    }
    this.#count++
    this.#time += stat.timestamp - this.#origin
    const sums = this.#sums
    const metrics = stat.metrics
    let place = 0
    // `for in` is the fastest way through a record. Samples mostly have the same keys in the same order.
    for (const key in metrics) {
      const value = metrics[key] === undefined ? 0 : metrics[key]
      if (typeof value !== 'number') checkMetric(value, key, 'sample')
      if (this.#keys[place] !== key) place = this.#placeOf(key)
      const sum = (sums[place] ?? 0) + value
      if (sum <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value) sums[place] = sum
      else this.#addUnusual(place, value)
      place++
    }
  }

  addMean(other: Mean): void {
    if (this.#count === 0) {
      this.#first = other.#first
      this.#origin = other.#origin
    }
    this.#count += other.#count
    this.#time += other.#time + (other.#origin - this.#origin) * other.#count
    for (const [index, key] of other.#keys.entries()) {
      const place = this.#keys[index] === key ? index : this.#placeOf(key)
      const value = other.#sums[index] ?? 0
      const sum = (this.#sums[place] ?? 0) + value
      if (other.#fractional[index]) this.#fractional[place] = true
      if (sum <= Number.MAX_SAFE_INTEGER && !other.#fractional[index]) this.#sums[place] = sum
      else this.#addUnusual(place, value)
      const large = other.#large[index]
      if (large !== undefined) this.#large[place] = (this.#large[place] ?? 0n) + large
    }
  }

  /** The mean, or the sample itself when there was only one. */
  toStat(): Stat {
    if (this.#count === 1 && this.#first !== undefined) return this.#first
    return {
      timestamp: this.timestamp,
      metrics: Object.fromEntries(this.#keys.map((key, place) => [key, this.#meanAt(place)])),
    }
  }

  reset(): void {
    this.#count = 0
    this.#first = undefined
    this.#time = 0
    this.#keys = []
    this.#sums = []
    this.#large = []
    this.#fractional = []
  }

  #placeOf(key: string): number {
    const place = this.#keys.indexOf(key)
    if (place !== -1) return place
    this.#sums.push(0)
    return this.#keys.push(key) - 1
  }

  #addUnusual(place: number, value: number): void {
    const sum = this.#sums[place] ?? 0
    if (!Number.isInteger(value)) this.#fractional[place] = true
    if (this.#fractional[place] || !Number.isInteger(sum)) {
      this.#sums[place] = sum + value
    } else {
      this.#large[place] = (this.#large[place] ?? 0n) + BigInt(sum)
      this.#sums[place] = value
    }
  }

  #meanAt(place: number): number {
    const sum = this.#sums[place] ?? 0
    const large = this.#large[place]
    if (this.#fractional[place]) return (sum + Number(large ?? 0n)) / this.#count
    if (large !== undefined) return Number((large + BigInt(sum)) / BigInt(this.#count))
    // Not Math.trunc(sum / count): the quotient of a large sum may be rounded up to the next whole number. The 0 turns -0 into 0.
    return (sum - (sum % this.#count)) / this.#count + 0
  }
}
