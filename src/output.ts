import { Readable, type Writable } from 'node:stream'
import type { OutputSink } from './engine.ts'

/** How an {@link Output} is set up. */
export interface OutputOptions {
  /** How many bytes to keep for the result. */
  readonly limit: number
  /** The caller's writable, if any. */
  readonly target: Writable | undefined
}

const noop = () => {}

/**
 * One output stream of a container: keeps the first `limit` bytes for the result and passes every byte on to the
 * caller's writable and to the readable of the handle, at the pace of the slowest of them.
 */
export class Output implements OutputSink {
  readonly #limit: number
  #kept: Buffer = Buffer.alloc(0)
  #size = 0
  #truncated = false
  #target: Writable | undefined
  #readable: Readable | undefined
  /** Set once nobody may hold the container up any more. */
  #released = false
  #cut = false
  #ended = false
  /** Wakes the writer that waits for the target or for the readable. */
  #wake = noop

  constructor({ limit, target }: OutputOptions) {
    this.#limit = limit
    this.#target = target
    // A writable without an 'error' listener would end the process.
    target?.on('error', this.#targetGone).on('close', this.#targetGone).on('drain', this.#resume)
  }

  /** True when bytes were lost to the result, or to a writable that broke. */
  get truncated(): boolean {
    return this.#truncated
  }

  /** What was kept. */
  get bytes(): Uint8Array {
    return this.#kept.subarray(0, this.#size)
  }

  /** What was kept, as text; a character that the limit cut in two is left out. */
  get text(): string {
    return new TextDecoder().decode(this.bytes, { stream: this.#truncated })
  }

  /** The output as a Node stream, from its beginning as far as it was kept. Once asked for, it must be read: it holds the container up otherwise. */
  get readable(): Readable {
    if (this.#readable === undefined) {
      this.#readable = new Readable({
        read: this.#resume,
        destroy: (error, done) => {
          this.#resume()
          done(error)
        },
      })
      if (this.#size > 0) this.#readable.push(Buffer.from(this.bytes))
      if (this.#ended) this.#readable.push(null)
    }
    return this.#readable
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#ended) return undefined
    this.#keep(chunk)
    if (this.#released && (this.#cut || this.#isBusy())) {
      // Cut off for good, not for a while: a gap in the middle would be worse than an end.
      this.#cut = true
      this.#truncated = true
      return undefined
    }
    this.#target?.write(chunk)
    if (this.#readable?.destroyed === false) this.#readable.push(chunk)
    return this.#isBusy() && !this.#released ? this.#untilWoken() : undefined
  }

  /** From here on no consumer holds the container up: one that is full gets no more. What is kept for the result goes on. */
  release(): void {
    this.#released = true
    this.#wake()
  }

  /** Nothing will follow. */
  end(truncated: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#truncated ||= truncated
    this.release()
    this.#detach()
    if (this.#readable?.destroyed === false) this.#readable.push(null)
  }

  #keep(chunk: Uint8Array): void {
    const room = this.#limit - this.#size
    if (chunk.length > room) this.#truncated = true
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk
    if (part.length === 0) return
    const needed = this.#size + part.length
    if (needed > this.#kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(needed, this.#kept.length * 2)))
      this.#kept.copy(larger, 0, 0, this.#size)
      this.#kept = larger
    }
    this.#kept.set(part, this.#size)
    this.#size = needed
  }

  #isBusy(): boolean {
    const target = this.#target?.writableNeedDrain ?? false
    const readable = this.#readable
    return (
      target ||
      (readable !== undefined && !readable.destroyed && readable.readableLength >= readable.readableHighWaterMark)
    )
  }

  async #untilWoken(): Promise<void> {
    do {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    } while (!this.#released && this.#isBusy())
    this.#wake = noop
  }

  readonly #resume = () => this.#wake()

  readonly #targetGone = () => {
    if (this.#target === undefined) return
    this.#truncated = true
    this.#detach()
    this.#wake()
  }

  #detach(): void {
    const target = this.#target
    this.#target = undefined
    if (target === undefined) return
    target.off('close', this.#targetGone).off('drain', this.#resume)
    // A write that is still on its way may yet fail: its error must find a listener, and the listener must not stay for ever.
    if (target.writableLength === 0) target.off('error', this.#targetGone)
    else target.write('', () => target.off('error', this.#targetGone))
  }
}
