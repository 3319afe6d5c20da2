import type { CookietinError } from '../errors.ts'

/** Launches that may fail in a row without a pause. */
const free = 2

/** The first pause and the longest, in ms. */
const firstPause = 250
const longestPause = 15_000

/** Bounds how often a function that cannot start is started: after some failures in a row, each launch waits longer. */
export class LaunchBackoff {
  readonly #onReady: () => void
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #error: CookietinError | undefined

  /** @param onReady - Called after each pause. */
  constructor(onReady: () => void) {
    this.#onReady = onReady
  }

  /** True while no container may be started. */
  get isPaused(): boolean {
    return this.#timer !== undefined
  }

  /** Why the last launch failed; undefined after one that succeeded. */
  get lastError(): CookietinError | undefined {
    return this.#error
  }

  succeeded(): void {
    this.#failures = 0
    this.#error = undefined
    this.stop()
  }

  failed(error: CookietinError): void {
    this.#error = error
    this.#failures += 1
    if (this.#failures <= free || this.isPaused) return
    const pause = Math.min(firstPause * 2 ** (this.#failures - free - 1), longestPause)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#onReady()
    }, pause)
    this.#timer.unref()
  }

  /** Ends the pause. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
