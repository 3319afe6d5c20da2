import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'

/**
 * Node writes to a pipe synchronously: a reader that stops, such as `less`, would stop our timers and our Ctrl-C with it.
 * A socket on the same descriptor waits for the reader without holding anything else up.
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

/** Where the CLI writes, and what it knows of it. Nothing else of the CLI touches `process.stdout` and `process.stderr`. */
export class Stdio {
  readonly stdout = open(1)
  readonly stderr = open(2)
  readonly isTerminal = { stdout: isatty(1), stderr: isatty(2) }
  /** Of the terminals, in characters; undefined elsewhere. */
  readonly columns = {
    stdout: isatty(1) ? process.stdout.columns : undefined,
    stderr: isatty(2) ? process.stderr.columns : undefined,
  }
  /** True when standard error is a terminal that a picture can be drawn on; some that are only simulated have no size. */
  readonly hasScreen = isatty(2) && (process.stderr.rows ?? 0) > 0
  /** Aborted once standard output takes no more, with the error as its reason: nothing that we still print would be seen. */
  readonly outputGone: AbortSignal

  constructor() {
    const gone = new AbortController()
    this.outputGone = gone.signal
    this.stdout.on('error', error => gone.abort(error))
    // There is nobody left to tell.
    this.stderr.on('error', () => {})
  }

  /** Writes a line to standard output; resolves when the next one may follow. */
  async line(text = ''): Promise<void> {
    if (this.outputGone.aborted || this.stdout.write(`${text}\n`)) return
    await new Promise<void>(resolve => {
      const go = () => {
        this.stdout.off('drain', go).off('close', go)
        resolve()
      }
      this.stdout.on('drain', go).on('close', go)
    })
  }

  /** Writes a line to standard error. */
  note(text: string): void {
    this.stderr.write(`${text}\n`)
  }

  /** Resolves when all that was written has reached its reader, or has none. */
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
