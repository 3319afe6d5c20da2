import { longestDelay } from '../../../machines/clock.ts'

/** The clock of a mock engine. XState's `SimulatedClock` is one. */
export interface MockClock {
  /** ms. */
  now(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(timer: never): void
}

/** This machine's clock. It reads the global timers at each call, so that a test runner's fake ones work. */
export const realClock: MockClock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => (ms > 0 ? setTimeout(callback, ms) : setImmediate(callback)),
  clearTimeout: (timer: NodeJS.Timeout & NodeJS.Immediate) => {
    clearTimeout(timer)
    clearImmediate(timer)
  },
}

/** A timer that can be stopped and resumed. */
export class MockTimer {
  readonly #clock: MockClock
  readonly #callback: () => void
  #left: number
  #since = 0
  #timer: unknown

  /** `ms` may be Infinity. It does not run before `resume`. */
  constructor(clock: MockClock, ms: number, callback: () => void) {
    this.#clock = clock
    this.#left = ms
    this.#callback = callback
  }

  resume(): void {
    if (this.#timer !== undefined || this.#left === Number.POSITIVE_INFINITY) return
    this.#since = this.#clock.now()
    const delay = Math.min(Math.max(0, this.#left), longestDelay)
    this.#timer = this.#clock.setTimeout(() => {
      this.stop()
      if (delay < longestDelay) this.#callback()
      else this.resume()
    }, delay)
  }

  stop(): void {
    if (this.#timer === undefined) return
    this.#clock.clearTimeout(this.#timer as never)
    this.#timer = undefined
    this.#left -= this.#clock.now() - this.#since
  }
}
