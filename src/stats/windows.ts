/**
 * Parts a span of time into at most `max` windows of equal length, as Fn does: each window but the first is open at its
 * beginning and closed at its end, empty ones do not count, and the last takes all that is left.
 *
 * Works in whole nanoseconds since the first sample, as Fn does, so that the same samples fall into the same windows.
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

  /** True when the sample, which is not earlier than those asked for before, is the first in a window of its own. */
  opens(timestamp: number): boolean {
    const time = nanoseconds(timestamp - this.#first)
    if (time <= this.#end || this.#count === this.#max) return false
    // Fn goes window by window, and for ever where the length is 0.
    this.#end = this.#length === 0 ? time : this.#end + this.#length * Math.ceil((time - this.#end) / this.#length)
    this.#count++
    return true
  }
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6)
}
