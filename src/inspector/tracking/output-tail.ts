import type { OutputTailInfo } from '../protocol.ts'
import { maskedOutput } from './masked-output.ts'

/** How many bytes of a stream are shown. */
export const tailSize = 64 * 1024

const noBytes = Buffer.alloc(0)

/** The last 64 KiB that were written to one stream. */
export class OutputTail {
  #buffer: Buffer = noBytes
  #length = 0
  #total = 0
  #isCut = false

  /** Bytes of memory. */
  get size(): number {
    return this.#buffer.length
  }

  push(chunk: Uint8Array): void {
    this.#total += chunk.length
    const part = chunk.subarray(Math.max(0, chunk.length - tailSize))
    if (part.length < chunk.length) {
      this.#length = 0
      this.#isCut = true
    }
    if (this.#length + part.length > 2 * tailSize) {
      // Moved once in 64 KiB.
      this.#buffer.copyWithin(0, this.#length - tailSize, this.#length)
      this.#length = tailSize
      this.#isCut = true
    }
    const needed = this.#length + part.length
    if (needed > this.#buffer.length) this.#grow(needed)
    this.#buffer.set(part, this.#length)
    this.#length += part.length
  }

  /** Gives back the memory that is not needed for what is shown. Nothing is pushed after it. */
  close(): void {
    this.#isCut ||= this.#length > tailSize
    this.#buffer = Buffer.from(this.#bytes)
    this.#length = this.#buffer.length
  }

  /** Drops the text. The number of bytes stays. */
  clear(): void {
    this.#buffer = noBytes
    this.#length = 0
    this.#isCut = this.#total > 0
  }

  /** What is shown, with secrets masked and without harmful characters. */
  shown(secrets: readonly string[]): OutputTailInfo {
    const isCut = this.#isCut || this.#length > tailSize
    const text = this.#bytes.toString('utf8')
    // The beginning may be within a character.
    const whole = isCut ? text.replace(/^\ufffd{1,3}/, '') : text
    return { text: maskedOutput(whole, secrets, isCut), total: this.#total, isCut }
  }

  get #bytes(): Buffer {
    return this.#buffer.subarray(Math.max(0, this.#length - tailSize), this.#length)
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(2 * tailSize, Math.max(1_024, needed, 2 * this.#buffer.length)))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
