import type { OutputSink } from '../../src/engines/engine.ts'

/** Keeps what it is given, and tells when something comes. */
export class CollectingSink implements OutputSink {
  readonly #chunks: Uint8Array[] = []
  #waiting: (() => void)[] = []
  size = 0

  write(chunk: Uint8Array): undefined {
    // A copy: an engine may use its buffer again.
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

  /** Resolves once the text is in what came. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) await this.next()
  }
}

/** Takes one chunk, and never asks for another. */
export class StalledSink implements OutputSink {
  #stall = () => {}
  /** How many chunks came although it had not asked for them. */
  unasked = -1
  /** Resolves once it is stalled. */
  readonly stalled = new Promise<void>(resolve => {
    this.#stall = resolve
  })

  write(): Promise<void> {
    this.unasked++
    this.#stall()
    return new Promise(() => {})
  }
}

/** As the collecting one, but takes each chunk only a turn of the event loop later; counts the chunks that did not wait for it. */
export class SlowSink implements OutputSink {
  readonly kept = new CollectingSink()
  #busy = false
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
