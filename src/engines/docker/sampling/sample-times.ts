/** Keeps the times of a series of samples in order when the clock is set back. */
export class SampleTimes {
  #clock = 0
  #time = 0
  #now = 0

  /**
   * The time to report for a sample, in Unix time (ms). While the clock is behind the last sample, it is counted from
   * there. Returns undefined for the time of the last sample: it is the same one again.
   *
   * @param clock - The time by the clock, in Unix time (ms).
   * @param now - The time of the monotonic clock, in ms.
   */
  timeOf(clock: number, now: number): number | undefined {
    if (clock === this.#clock) return undefined
    this.#clock = clock
    const passed = Math.round(now - this.#now)
    if (clock <= this.#time && passed <= 0) return undefined
    this.#time = clock > this.#time ? clock : this.#time + passed
    this.#now = now
    return this.#time
  }
}
