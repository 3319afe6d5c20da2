import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'

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

  constructor() {
    const closed = new AbortController()
    this.outputClosed = closed.signal
    this.stdout.on('error', error => closed.abort(error))
    // An error of standard error cannot be reported.
    this.stderr.on('error', () => {})
  }

  /** Writes a line to standard output. Resolves when the next line may be written. */
  async line(text = ''): Promise<void> {
    if (!this.outputClosed.aborted) await this.write('stdout', `${text}\n`)
  }

  /** Writes to a stream. Returns undefined, or a promise that resolves when the next bytes may be written. */
  write(name: 'stdout' | 'stderr', bytes: string | Uint8Array): Promise<void> | undefined {
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
  }
}

const flushed = (stream: Writable) =>
  new Promise<void>(resolve => {
    if (stream.destroyed || stream.writableLength === 0) return resolve()
    stream.once('close', resolve)
    stream.write('', () => resolve())
  })
