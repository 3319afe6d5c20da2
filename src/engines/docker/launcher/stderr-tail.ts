import type { OutputSink } from '../../engine.ts'

/** The init processes that execute a command. */
const inits = ['tini', 'launch']

/** Longer than the longest line of tini with a path. */
const tailSize = 8_192

/**
 * Keeps the end of a container's standard error. With an init process, the engine starts that one, and only there stands
 * that the command could not be executed.
 */
export class StderrTail implements OutputSink {
  readonly #sink: OutputSink
  /** The last bytes, in a ring: each write costs no more than its own bytes. */
  #ring: Buffer | undefined
  /** Bytes written to the ring. */
  #written = 0

  constructor(sink: OutputSink) {
    this.#sink = sink
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    // A copy: the chunk belongs to the sink.
    this.#ring ??= Buffer.allocUnsafeSlow(tailSize)
    const last = chunk.subarray(-tailSize)
    const at = this.#written % tailSize
    const first = last.subarray(0, tailSize - at)
    this.#ring.set(first, at)
    this.#ring.set(last.subarray(first.length), 0)
    this.#written += last.length
    return this.#sink.write(chunk)
  }

  /** Why the init process, tini or the launcher, could not execute the command. Undefined unless its message is the last one. */
  get initError(): string | undefined {
    const begin = Math.max(...inits.map(init => this.#tail.lastIndexOf(`[FATAL ${init} (`)))
    if (begin < 0 || (begin > 0 && this.#tail[begin - 1] !== '\n')) return undefined
    // The command's name may have lines.
    return /^\[FATAL \w+ \(\d+\)\] (exec [\s\S]* failed[^\n]*)\n?$/.exec(this.#tail.slice(begin))?.[1]
  }

  get #tail(): string {
    if (this.#ring === undefined) return ''
    if (this.#written <= tailSize) return this.#ring.toString('utf8', 0, this.#written)
    const at = this.#written % tailSize
    return Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]).toString()
  }
}
