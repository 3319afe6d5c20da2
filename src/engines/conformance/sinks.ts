import { deferred } from '../../utils/deferred.ts'
import type { OutputSink } from '../engine.ts'

/** Keeps every chunk, and resolves promises as chunks arrive. */
export class CollectingSink implements OutputSink {
  readonly #chunks: Uint8Array[] = []
  #waiting: (() => void)[] = []
  size = 0

  write(chunk: Uint8Array): undefined {
    // A copy: an engine may reuse its buffer.
    this.#chunks.push(Uint8Array.from(chunk))
    this.size += chunk.length
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }

  /** Resolves at the next chunk. */
  next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Resolves when the collected text contains this text. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) await this.next()
  }
}

/** Takes one chunk, and never asks for another. */
export class StalledSink implements OutputSink {
  readonly #stalled = deferred<void>()
  /** How many chunks were written without being asked for. */
  unasked = -1

  /** Resolves at the first chunk. */
  get stalled(): Promise<void> {
    return this.#stalled.promise
  }

  write(): Promise<void> {
    this.unasked++
    this.#stalled.resolve()
    return new Promise(() => {})
  }
}

/** Keeps every chunk, and asks for the next one a turn of the event loop later. */
export class SlowSink implements OutputSink {
  readonly kept = new CollectingSink()
  #busy = false
  /** How many chunks were written without being asked for. */
  unasked = 0

  write(chunk: Uint8Array): Promise<void> {
    this.kept.write(chunk)
    if (this.#busy) this.unasked++
    this.#busy = true
    return new Promise(resolve => {
      setImmediate(() => {
        this.#busy = false
        resolve()
      })
    })
  }
}
