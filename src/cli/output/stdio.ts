import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { printable } from './printable.ts'

/**
 * Node writes to a pipe synchronously, so a reader that stops, such as `less`, would block timers and Ctrl-C.
 * A socket on the same descriptor waits for the reader without blocking.
 */
function open(fd: 1 | 2): Writable {
  if (!isPipe(fd)) return fd === 1 ? process.stdout : process.stderr
  return new Socket({ fd, readable: false, writable: true })
}

function isPipe(fd: 1 | 2): boolean {
  if (process.platform === 'win32' || isatty(fd)) return false
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
}

/** True for the error of a reader that closes early, such as `head`, which is no failure. */
export const isReaderGone = (error: Error): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EPIPE' || code === 'ECONNRESET'
}

/** A display at the end of a terminal that is redrawn. */
export interface LiveDisplay {
  clear(): void
  draw(): void
}

/** The output of the command line. Its other code does not use `process.stdout` and `process.stderr`. */
export class Stdio {
  readonly stdout = open(1)
  readonly stderr = open(2)
  readonly isTerminal = { stdout: isatty(1), stderr: isatty(2) }
  /** Width of each terminal, in characters. Undefined if it is not a terminal. */
  readonly columns = {
    stdout: isatty(1) ? process.stdout.columns : undefined,
    stderr: isatty(2) ? process.stderr.columns : undefined,
  }
  /** True if standard error is a terminal with a size, which some simulated terminals do not have. */
  readonly hasScreen = isatty(2) && (process.stderr.rows ?? 0) > 0
  /** Aborted when standard output is closed, with the error as its reason. */
  readonly outputClosed: AbortSignal
  /** The display that notes are written above. */
  live: LiveDisplay | undefined
  /** Kept here: Node.js drops the error of its own standard streams. */
  #stderrError: Error | undefined
  /** True once standard error has more than notes. */
  #hasOutputOnStderr = false
  #isFailureTold = false

  constructor() {
    const closed = new AbortController()
    this.outputClosed = closed.signal
    this.stdout.on('error', error => closed.abort(error))
    this.stderr.on('error', error => {
      this.#stderrError ??= error
    })
  }

  /** Why output could not be written. Notes that could not are no failure. */
  get failure(): Error | undefined {
    const errors = [
      this.outputClosed.reason as Error | undefined,
      this.#hasOutputOnStderr ? this.#stderrError : undefined,
    ]
    return errors.find(error => error !== undefined && !isReaderGone(error))
  }

  /** Tells of a failure, once. One of standard error cannot be told. */
  tellFailure(): void {
    if (this.failure === undefined || this.#isFailureTold) return
    this.#isFailureTold = true
    this.note(`cookietin: cannot write to standard output: ${printable(this.failure.message)}`)
  }

  /** What standard error gets counts as output: it is a failure when it cannot be written. */
  expectStderr(): void {
    this.#hasOutputOnStderr = true
  }

  /** Writes a line to standard output. Resolves when the next line may be written. */
  async line(text = ''): Promise<void> {
    if (!this.outputClosed.aborted) await this.write('stdout', `${text}\n`)
  }

  /** Writes to a stream. Returns undefined, or a promise that resolves when the next bytes may be written. */
  write(name: 'stdout' | 'stderr', bytes: string | Uint8Array): Promise<void> | undefined {
    if (name === 'stderr') this.expectStderr()
    const stream = this[name]
    if (stream.destroyed || stream.write(bytes)) return undefined
    return new Promise<void>(resolve => {
      const go = () => {
        stream.off('drain', go).off('close', go)
        resolve()
      }
      stream.on('drain', go).on('close', go)
    })
  }

  /** Writes a line to standard error. */
  note(text: string): void {
    this.live?.clear()
    this.stderr.write(`${text}\n`)
    this.live?.draw()
  }

  /** Resolves when all output is written or its reader has closed it. */
  async flush(): Promise<void> {
    await Promise.all([this.stdout, this.stderr].map(flushed))
    // The error of the last write comes a tick later.
    await setImmediate()
  }
}

const flushed = (stream: Writable) =>
  new Promise<void>(resolve => {
    if (stream.destroyed || stream.writableLength === 0) return resolve()
    stream.once('close', resolve)
    stream.write('', () => resolve())
  })
