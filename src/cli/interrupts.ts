import { constants } from 'node:os'
import { onAbort } from '../utils/abort.ts'
import { exitCodes } from './exit-codes.ts'
import { Interruption } from './interruption.ts'
import { isReaderGone, type Stdio } from './output/stdio.ts'

/** Signals that end a command. Windows knows no SIGQUIT. */
const signals = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  ...(process.platform === 'win32' ? [] : (['SIGQUIT'] as const)),
] as const
/** Signals that mean something to programs only. Without a listener, Node.js would end at one, and open its debugger at the other. */
const forPrograms = process.platform === 'win32' ? [] : (['SIGUSR1', 'SIGUSR2'] as const)

type EndingSignal = (typeof signals)[number]
type ProgramSignal = (typeof forPrograms)[number]

/** What a command does at signals. Each returns true when it did something that ends the command soon. */
export interface InterruptHandler {
  /** At the first signal, instead of an abort. */
  first?(name: EndingSignal): boolean
  /** At the second one, instead of an exit at once. */
  second?(): boolean
  /** At SIGUSR1 and SIGUSR2, as often as they come. Without it they have no effect. */
  pass?(name: ProgramSignal): void
}

/**
 * Aborts on the first signal, or when standard output is closed. A second signal exits at once. A handler may do something else first: then
 * the next signal exits at once.
 */
export class Interrupts implements Disposable {
  readonly #abort = new AbortController()
  readonly #stdio: Stdio
  readonly #release: () => void
  readonly #isQuiet: boolean
  #exitCode: number | undefined
  /** What the command does at signals. */
  handler: InterruptHandler = {}
  #isForced = false

  /** `isQuiet`: Ctrl-C is the ordinary end of the command, and nothing is said of it. */
  constructor(stdio: Stdio, { isQuiet = false } = {}) {
    this.#stdio = stdio
    this.#isQuiet = isQuiet
    for (const name of signals) process.on(name, this.#onSignal)
    for (const name of forPrograms) process.on(name, this.#onProgramSignal)
    this.#release = onAbort(stdio.outputClosed, this.#onOutputClosed)
  }

  /** Aborted by the first signal, with an {@link Interruption}. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The exit code after an interruption: 128 + the number of the signal. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal)
    for (const name of forPrograms) process.off(name, this.#onProgramSignal)
    this.#release()
  }

  readonly #onProgramSignal = (name: ProgramSignal) => this.handler.pass?.(name)

  readonly #onSignal = (name: EndingSignal) => {
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
    if (name === 'SIGINT' && !this.#isQuiet) this.#stdio.note('cookietin: cancelling; Ctrl-C again ends at once')
    this.#abort.abort(new Interruption(`interrupted by ${name}`, exitCode))
  }

  readonly #onOutputClosed = () => {
    const cause = this.#stdio.outputClosed.reason as Error
    this.#stdio.tellFailure()
    this.#exitCode ??= isReaderGone(cause) ? exitCodes.readerGone : exitCodes.unable
    this.#abort.abort(new Interruption('standard output is closed', this.#exitCode, { cause }))
  }
}
