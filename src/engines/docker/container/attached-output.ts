import type { Duplex, Readable } from 'node:stream'
import { deferred } from '../../../utils/deferred.ts'
import type { OutputSink } from '../../engine.ts'
import { Demuxer } from './demux.ts'

/** Where the bytes of the attached stream go. */
interface Target {
  push(chunk: Uint8Array): Promise<void> | undefined
  stop(): void
  readonly complete: boolean
  readonly systemText: string
  /** How many bytes the sinks were given: when it stands still, so do they. */
  readonly written: number
}

/** What came of a container's output. */
export interface OutputEnd {
  readonly complete: boolean
  /** When it ended, by `performance.now()`; Infinity when it was given up. */
  readonly at: number
}

/**
 * Brings the attached stream to the sinks, as fast as they take it.
 *
 * A reader that stops reading does not only block the container: it wedges the engine, where every later call on that
 * container hangs (moby#41827). So the stream can be told to {@link drop} what it reads, at any time.
 */
export class AttachedOutput {
  readonly #stream: Duplex | Readable
  readonly #target: Target
  readonly #end = deferred<OutputEnd>()
  #endAt: number | undefined
  #blocked = false
  #dropping = false
  #lost = false

  /** `raw`: the container has a terminal, whose output is not multiplexed. */
  constructor(stream: Duplex | Readable, stdout: OutputSink, stderr: OutputSink, raw: boolean) {
    this.#stream = stream
    this.#target = raw ? rawTarget(stdout) : new Demuxer(stdout, stderr)
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk))
    // It comes even while the stream is paused, with the last chunk still on its way to a sink.
    stream.on('end', () => {
      this.#endAt = performance.now()
      if (!this.#blocked) this.#settle(this.#target.complete)
    })
    stream.on('error', () => this.#settle(false))
    stream.on('close', () => {
      if (this.#endAt === undefined) this.#settle(false)
    })
  }

  /** Settles once the stream has ended, was cut, or was given up. */
  get ended(): Promise<OutputEnd> {
    return this.#end.promise
  }

  /** What the engine itself said in the stream. */
  get systemText(): string {
    return this.#target.systemText
  }

  /** From here on nothing is held up: what a sink does not take at once is dropped, and so is all that follows. */
  drop(): void {
    if (this.#dropping) return
    this.#dropping = true
    // One that has been told, too, goes on by itself.
    if (this.#blocked) setImmediate(() => this.#blocked && this.#cut())
  }

  /** Cuts the connection; what has not come is lost. */
  destroy(): void {
    this.#cut()
    this.#stream.destroy()
    this.#settle(false)
  }

  /** After the exit: waits for the end of the stream until there is no progress for `patience` ms (twice that at most), then gives up. */
  async finish(patience: number): Promise<OutputEnd> {
    let seen = this.#target.written
    const timer = setInterval(() => {
      if (seen === this.#target.written) this.destroy()
      seen = this.#target.written
    }, patience)
    try {
      return await this.#end.promise
    } finally {
      clearInterval(timer)
    }
  }

  #take(chunk: Uint8Array): void {
    const blocked = this.#target.push(chunk)
    if (blocked === undefined) return
    if (this.#dropping) {
      this.#cut()
      return
    }
    this.#blocked = true
    this.#stream.pause()
    void blocked.then(this.#goOn, this.#goOn)
  }

  #cut(): void {
    this.#lost = true
    this.#target.stop()
    this.#goOn()
  }

  readonly #goOn = () => {
    if (!this.#blocked) return
    this.#blocked = false
    if (this.#endAt !== undefined) this.#settle(this.#target.complete)
    else this.#stream.resume()
  }

  #settle(complete: boolean): void {
    this.#end.resolve({ complete: complete && !this.#lost, at: this.#endAt ?? performance.now() })
  }
}

function rawTarget(stdout: OutputSink): Target {
  let stopped = false
  let written = 0
  return {
    push(chunk) {
      if (stopped) return undefined
      written += chunk.length
      return stdout.write(chunk)
    },
    stop() {
      stopped = true
    },
    get written() {
      return written
    },
    complete: true,
    systemText: '',
  }
}
