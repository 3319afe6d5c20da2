import { Readable, type Writable } from 'node:stream'
import type { OutputSink } from '../engines/engine.ts'
import { type Deferred, deferred } from '../utils/deferred.ts'
import { followWritable, writeTo } from '../utils/shared-writable.ts'
import type { CookieOptions } from './cookie.ts'

/** How an {@link Output} is set up. */
export interface OutputOptions {
  /** The number of bytes to keep for the result. */
  readonly limit: number
  /** The caller's writable, if any. */
  readonly target: Writable | undefined
  /** Called once, when more than `limit` bytes were written. */
  readonly onOverflow?: (() => void) | undefined
}

const noop = () => {}

/** How long a result waits for the task's writables to take the end of the output, in ms. */
const flushTimeout = 1_000

/** Bytes. Output that goes to a writable of the task is kept there, so the result has only its beginning. */
const defaultMaxOutput = { alone: 8 * 1024 * 1024, besideWritable: 1024 * 1024 }

/** Bytes. */
const smallestSlab = 4 * 1024
const largestSlab = 1024 * 1024

/**
 * One output stream of a container. It keeps the first `limit` bytes for the result, and passes every byte on to the
 * caller's writable and to the handle's readable, at the pace of the slowest consumer.
 */
export class Output implements OutputSink {
  /** Called with every chunk, before it is kept. Set by an inspector that shows outputs. */
  onChunk: ((chunk: Uint8Array) => void) | undefined
  readonly #limit: number
  /** The kept bytes, in slabs: a buffer that grows would be copied again and again. */
  readonly #slabs: Buffer[] = []
  /** Bytes in the last slab. */
  #filled = 0
  #size = 0
  #truncated = false
  #target: Writable | undefined
  #targetError: Error | undefined
  #onOverflow: (() => void) | undefined
  /** Made by the end of the output, for a writable that has not taken all. */
  #flushed: Deferred<void> | undefined
  #readable: Readable | undefined
  /** True once no consumer may block the container. */
  #released = false
  #cut = false
  #ended = false
  /** Removes the listeners of the target. */
  #leave = noop
  /** Wakes the writer that waits for a consumer. */
  #wake = noop

  constructor({ limit, target, onOverflow }: OutputOptions) {
    this.#limit = limit
    this.#onOverflow = onOverflow
    this.#target = target
    if (target !== undefined) this.#leave = followWritable(target, { drained: this.#resume, gone: this.#targetGone })
  }

  /** Why the writable did not get every byte; undefined when it did. */
  get targetError(): Error | undefined {
    return this.#targetError
  }

  /** True when bytes are missing in the result. */
  get truncated(): boolean {
    return this.#truncated
  }

  /** The kept bytes. */
  get bytes(): Uint8Array {
    return Buffer.concat(this.#slabs, this.#size)
  }

  /** The kept bytes as text, without a character that the limit cut in two. */
  get text(): string {
    if (this.#size === 0) return ''
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const decoded = this.#slabs.map((slab, index) =>
      decoder.decode(index === this.#slabs.length - 1 ? slab.subarray(0, this.#filled) : slab, { stream: true }),
    )
    return decoded.join('') + (this.#truncated ? '' : decoder.decode())
  }

  /**
   * The output as a Node stream, beginning with the kept bytes. Once accessed, it must be read: an unread stream blocks
   * the container.
   */
  get readable(): Readable {
    if (this.#readable === undefined) {
      this.#readable = new Readable({
        read: this.#resume,
        destroy: (error, done) => {
          this.#resume()
          done(error)
        },
      })
      if (this.#size > 0) this.#readable.push(this.bytes)
      if (this.#ended) this.#readable.push(null)
    }
    return this.#readable
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#ended) return undefined
    this.onChunk?.(chunk)
    this.#keep(chunk)
    if (this.#released && (this.#cut || this.#isBusy())) {
      // Nothing is passed on after this: a gap in the middle would be worse than an early end.
      this.#cut = true
      this.#truncated = true
      if (this.#target !== undefined)
        this.#targetError ??= new Error('The writable was too slow when the run was ended; the rest was dropped')
      return undefined
    }
    if (this.#target !== undefined) writeTo(this.#target, chunk)
    if (this.#readable?.destroyed === false) this.#readable.push(chunk)
    return this.#isBusy() && !this.#released ? this.#untilWoken() : undefined
  }

  /** From here on no consumer blocks the container: one that is full gets no more. The result still gets every byte. */
  release(): void {
    this.#released = true
    this.#wake()
  }

  /** Ends the stream. */
  end(truncated: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#truncated ||= truncated
    this.release()
    this.#flush()
    if (this.#readable?.destroyed === false) this.#readable.push(null)
  }

  #keep(chunk: Uint8Array): void {
    const room = this.#limit - this.#size
    if (chunk.length > room) {
      this.#truncated = true
      this.#onOverflow?.()
      this.#onOverflow = undefined
    }
    let rest = chunk.length > room ? chunk.subarray(0, room) : chunk
    while (rest.length > 0) {
      const slab = this.#lastSlab()
      const part = rest.subarray(0, slab.length - this.#filled)
      slab.set(part, this.#filled)
      this.#filled += part.length
      this.#size += part.length
      rest = rest.subarray(part.length)
    }
  }

  /** A slab with free space. Each is twice as large as the one before, within bounds. */
  #lastSlab(): Buffer {
    const last = this.#slabs.at(-1)
    if (last !== undefined && this.#filled < last.length) return last
    const size = Math.min(Math.max(smallestSlab, (last?.length ?? 0) * 2), largestSlab, this.#limit - this.#size)
    const slab = Buffer.allocUnsafeSlow(size)
    this.#slabs.push(slab)
    this.#filled = 0
    return slab
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
    const target = this.#target
    if (target === undefined) return
    this.#targetError ??= target.errored ?? new Error('The writable was closed before the output ended')
    this.#detach()
    this.#wake()
  }

  /** Resolves once the writable has taken or refused what it was given, or has had its time to. Undefined when it has. Only after `end`. */
  get flushed(): Promise<void> | undefined {
    return this.#flushed?.settled === false ? this.#flushed.promise : undefined
  }

  /** An error of the last chunk, as of a disk that is full, comes after the end of the output. */
  #flush(): void {
    const target = this.#target
    let timer: NodeJS.Timeout | undefined
    const done = (error?: Error | null) => {
      clearTimeout(timer)
      if (error) this.#targetError ??= error
      // Node.js emits the error a tick after this call. It must still find a listener.
      if (error) setImmediate(() => this.#detach())
      else this.#detach()
      this.#flushed?.resolve()
    }
    if (target === undefined || this.#cut || target.destroyed || target.writableEnded || target.writableLength === 0) {
      done()
      return
    }
    this.#flushed = deferred()
    timer = setTimeout(done, flushTimeout).unref()
    target.write('', done)
  }

  #detach(): void {
    this.#target = undefined
    this.#leave()
  }
}

/** One output stream of a cookie. */
export function outputOf(
  target: Writable | undefined,
  { maxOutput, killOnMaxOutput = false }: CookieOptions,
  onOverflow: () => void,
): Output {
  const { alone, besideWritable } = defaultMaxOutput
  const limit = maxOutput ?? (target === undefined ? alone : besideWritable)
  return new Output({ target, limit, onOverflow: killOnMaxOutput ? onOverflow : undefined })
}
