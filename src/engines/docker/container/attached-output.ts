import type { Duplex, Readable } from 'node:stream'
import { deferred } from '../../../utils/deferred.ts'
import type { OutputSink } from '../../engine.ts'
import { Demuxer } from './demux.ts'

/** Receives the bytes of the attached stream. */
interface Target {
  push(chunk: Uint8Array): Promise<void> | undefined
  stop(): void
  readonly complete: boolean
  readonly systemText: string
  /** Bytes passed to the sinks. No increase means that the sinks are stalled. */
  readonly written: number
}

/** Where the output goes. */
export interface OutputTargets {
  readonly stdout: OutputSink
  readonly stderr: OutputSink
  /** The container has a terminal, so its output is not multiplexed. */
  readonly raw: boolean
}

/** How a container's output ended. */
export interface OutputEnd {
  readonly complete: boolean
  /** When it ended or was given up, by `performance.now()`. */
  readonly at: number
  /** The same in Unix time (ms). */
  readonly date: number
}

/**
 * Passes the attached stream to the sinks, with backpressure.
 *
 * A reader that stops reading blocks the container and also the engine: every later call for that container hangs
 * (moby#41827). So {@link drop} can be called at any time to keep reading without the sinks.
 */
export class AttachedOutput {
  readonly #stream: Duplex | Readable
  readonly #target: Target
  readonly #end = deferred<OutputEnd>()
  #endedAt: Pick<OutputEnd, 'at' | 'date'> | undefined
  #blocked = false
  #dropping = false
  #lost = false

  constructor(stream: Duplex | Readable, { stdout, stderr, raw }: OutputTargets) {
    this.#stream = stream
    this.#target = raw ? rawTarget(stdout) : new Demuxer(stdout, stderr)
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk))
    // This event comes even while the stream is paused and the last chunk is still on its way to a sink.
    stream.on('end', () => {
      this.#endedAt = now()
      if (!this.#blocked) this.#settle(this.#target.complete)
    })
    stream.on('error', () => this.#settle(false))
    stream.on('close', () => {
      if (this.#endedAt === undefined) this.#settle(false)
    })
  }

  /** Settles once the stream has ended, was cut, or was given up. */
  get ended(): Promise<OutputEnd> {
    return this.#end.promise
  }

  /** Messages of the engine itself in the stream. */
  get systemText(): string {
    return this.#target.systemText
  }

  /** Lifts the backpressure: once a sink does not take a chunk at once, the rest of the output is dropped. */
  drop(): void {
    if (this.#dropping) return
    this.#dropping = true
    // A sink that is released in the same tick goes on by itself.
    if (this.#blocked) setImmediate(() => this.#blocked && this.#cut())
  }

  /** Closes the connection. Output that has not arrived is lost. */
  destroy(): void {
    this.#cut()
    this.#stream.destroy()
    this.#settle(false)
  }

  /**
   * Waits for the end of the stream after the exit. Gives up when no progress is made for `stallTimeout` to twice
   * `stallTimeout` ms.
   */
  async finish(stallTimeout: number): Promise<OutputEnd> {
    let seen = this.#target.written
    const timer = setInterval(() => {
      if (seen === this.#target.written) this.destroy()
      seen = this.#target.written
    }, stallTimeout)
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
    void blocked.then(this.#resume, this.#resume)
  }

  #cut(): void {
    this.#lost = true
    this.#target.stop()
    this.#resume()
  }

  readonly #resume = () => {
    if (!this.#blocked) return
    this.#blocked = false
    if (this.#endedAt !== undefined) this.#settle(this.#target.complete)
    else this.#stream.resume()
  }

  #settle(complete: boolean): void {
    this.#end.resolve({ complete: complete && !this.#lost, ...(this.#endedAt ?? now()) })
  }
}

const now = () => ({ at: performance.now(), date: Date.now() })

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
