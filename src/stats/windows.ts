/**
 * Divides a span of time into at most `max` windows of equal length, as Fn does. Each window but the first excludes its start and includes its
 * end. Empty windows do not count. The last window takes the rest.
 *
 * It computes in whole nanoseconds since the first sample, as Fn does, so that the same samples fall into the same windows.
 */
export class Windows {
  readonly #max: number
  readonly #first: number
  readonly #length: number
  #end: number
  #count = 1

  /** `first` and `last` are the times of the first and the last sample, in ms. */
  constructor(max: number, first: number, last: number) {
    this.#max = max
    this.#first = first
    this.#length = Math.floor(nanoseconds(last - first) / max)
    this.#end = this.#length
  }

  /** Returns true when the sample begins a new window. Samples must be passed in the order of time. */
  opens(timestamp: number): boolean {
    const time = nanoseconds(timestamp - this.#first)
    if (time <= this.#end || this.#count === this.#max) return false
    // Fn goes window by window, without end when the length is 0.
    this.#end = this.#length === 0 ? time : this.#end + this.#length * Math.ceil((time - this.#end) / this.#length)
    this.#count++
    return true
  }
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6)
}
