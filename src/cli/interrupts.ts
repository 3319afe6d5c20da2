import { constants } from 'node:os'
import { exitCodes } from './exit-codes.ts'
import type { Stdio } from './stdio.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Turns Ctrl-C, SIGTERM and a reader that has gone into one abort, and a second Ctrl-C into an end at once. */
export class Interrupts implements Disposable {
  readonly #abort = new AbortController()
  readonly #stdio: Stdio
  #exitCode: number | undefined

  constructor(stdio: Stdio) {
    this.#stdio = stdio
    for (const name of signals) process.on(name, this.#onSignal)
    if (stdio.readerGone.aborted) this.#onReaderGone()
    else stdio.readerGone.addEventListener('abort', this.#onReaderGone)
  }

  /** Aborted by the first of them. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** 128 + the signal's number once there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal)
    this.#stdio.readerGone.removeEventListener('abort', this.#onReaderGone)
  }

  readonly #onSignal = (name: (typeof signals)[number]) => {
    const exitCode = 128 + constants.signals[name]
    if (this.#exitCode !== undefined) {
      this.#stdio.note('cookietin: ended at once; what was under way may be left, `cookietin gc` removes it')
      process.exit(exitCode)
    }
    this.#exitCode = exitCode
    if (name === 'SIGINT') this.#stdio.note('cookietin: cancelling; Ctrl-C again ends at once')
    this.#abort.abort(new Error(`interrupted by ${name}`))
  }

  readonly #onReaderGone = () => {
    this.#exitCode ??= exitCodes.readerGone
    this.#abort.abort(new Error('the reader of standard output has gone'))
  }
}
