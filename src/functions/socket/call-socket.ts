import { Socket, type SocketConstructorOpts } from 'node:net'

type Done = (error?: Error | null) => void

/** Bytes that are read at once. */
export const readSize = 64 * 1024

/** Bytes. The system takes a write of this size to an idle connection as a whole, or nothing of it. */
const atomic = 32 * 1024

/**
 * A connection to a function. A write to it does not fail.
 *
 * A server may respond and close before it has read the request, as with 413. Node.js ends a socket when a write fails, and with it a
 * response that has come already. Here the reader finds out what became of the connection.
 */
export class CallSocket extends Socket {
  #isFirst = true
  #isUnseen = false

  constructor() {
    // Without a buffer of its own, a new one of 64 KiB is made for each read, which costs more than the rest of a call.
    const buffer = Buffer.allocUnsafeSlow(readSize)
    super({
      onread: { buffer, callback: (size: number) => this.push(Buffer.from(buffer.subarray(0, size))) },
    } as SocketConstructorOpts)
  }

  /** A request begins. */
  beginRequest(): void {
    this.#isFirst = true
    this.#isUnseen = false
  }

  /** True when the other side had closed before it could read any of the request. */
  get isUnseen(): boolean {
    return this.#isUnseen
  }

  /**
   * Offers each part at once to whoever reads. What has come is lost to a reader that looks in the next turn, when the connection breaks in
   * this one.
   */
  override push(chunk: Buffer | null): boolean {
    const goesOn = super.push(chunk)
    if (chunk === null || !this.emit('readable')) return goesOn
    return goesOn || this.readableLength === 0
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    super._write(chunk, encoding, this.#tolerant(chunk.length, done))
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: Done): void {
    const size = chunks.reduce((sum, { chunk }) => sum + chunk.length, 0)
    super._writev?.(chunks, this.#tolerant(size, done))
  }

  #tolerant(size: number, done: Done): Done {
    const isFirst = this.#isFirst
    this.#isFirst = false
    return error => {
      if (error != null && isFirst && size <= atomic) this.#isUnseen = true
      done()
    }
  }
}
