import { constants } from 'node:os'
import { exitCodes } from './exit-codes.ts'
import type { Stdio } from './output/stdio.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Turns Ctrl-C, SIGTERM and an output that takes no more into one abort, and a second Ctrl-C into an end at once. */
export class Interrupts implements Disposable {
  readonly #abort = new AbortController()
  readonly #stdio: Stdio
  #exitCode: number | undefined

  constructor(stdio: Stdio) {
    this.#stdio = stdio
    for (const name of signals) process.on(name, this.#onSignal)
    if (stdio.outputGone.aborted) this.#onOutputGone()
    else stdio.outputGone.addEventListener('abort', this.#onOutputGone)
  }

  /** Aborted by the first of them. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** What to exit with once there was one of them: 128 + the signal's number for a signal. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal)
    this.#stdio.outputGone.removeEventListener('abort', this.#onOutputGone)
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

  readonly #onOutputGone = () => {
    const { code, message } = this.#stdio.outputGone.reason as NodeJS.ErrnoException
    // A reader that had enough, such as `head`, is no failure of anything.
    const hadEnough = code === 'EPIPE' || code === 'ECONNRESET'
    if (!hadEnough) this.#stdio.note(`cookietin: cannot write to standard output: ${message}`)
    this.#exitCode ??= hadEnough ? exitCodes.readerGone : exitCodes.unable
    this.#abort.abort(new Error('standard output takes no more', { cause: this.#stdio.outputGone.reason }))
  }
}
