import { constants } from 'node:os'
import { onAbort } from '../utils/abort.ts'
import { exitCodes } from './exit-codes.ts'
import { printable } from './output/printable.ts'
import type { Stdio } from './output/stdio.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What a command does at signals. Each returns true when it did something that ends the command soon. */
export interface InterruptHandler {
  /** At the first signal, instead of an abort. */
  first?(name: (typeof signals)[number]): boolean
  /** At the second one, instead of an exit at once. */
  second?(): boolean
}

/**
 * Aborts on the first signal, or when standard output is closed. A second signal exits at once. A handler may do something else first: then
 * the next signal exits at once.
 */
export class Interrupts implements Disposable {
  readonly #abort = new AbortController()
  readonly #stdio: Stdio
  readonly #release: () => void
  #exitCode: number | undefined
  /** What the command does at signals. */
  handler: InterruptHandler = {}
  #isForced = false

  constructor(stdio: Stdio) {
    this.#stdio = stdio
    for (const name of signals) process.on(name, this.#onSignal)
    this.#release = onAbort(stdio.outputClosed, this.#onOutputClosed)
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The exit code after an interruption: 128 + the number of the signal. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal)
    this.#release()
  }

  readonly #onSignal = (name: (typeof signals)[number]) => {
    const exitCode = 128 + constants.signals[name]
    if (this.#exitCode !== undefined) {
      const wasForced = this.#isForced
      this.#isForced = true
      if (!wasForced && this.handler.second?.() === true) return
      this.#stdio.note('cookietin: ended at once; what was under way may be left, `cookietin gc` removes it')
      process.exit(exitCode)
    }
    this.#exitCode = exitCode
    if (this.handler.first?.(name) === true) {
      if (name === 'SIGINT') this.#stdio.note('cookietin: passed Ctrl-C on; Ctrl-C again kills the container')
      return
    }
    if (name === 'SIGINT') this.#stdio.note('cookietin: cancelling; Ctrl-C again ends at once')
    this.#abort.abort(new Error(`interrupted by ${name}`))
  }

  readonly #onOutputClosed = () => {
    const { code, message } = this.#stdio.outputClosed.reason as NodeJS.ErrnoException
    // A reader that closes early, such as `head`, is not an error.
    const isClosed = code === 'EPIPE' || code === 'ECONNRESET'
    if (!isClosed) this.#stdio.note(`cookietin: cannot write to standard output: ${printable(message)}`)
    this.#exitCode ??= isClosed ? exitCodes.readerGone : exitCodes.unable
    this.#abort.abort(new Error('standard output is closed', { cause: this.#stdio.outputClosed.reason }))
  }
}
