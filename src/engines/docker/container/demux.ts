import type { OutputSink } from '../../engine.ts'

const headerSize = 8
/** Frames up to this size (bytes) are merged and written as one, since a write costs more than the copy. */
const tinyFrame = 2048
const systemTextLimit = 4096

/**
 * Splits the engine's multiplexed output into stdout and stderr: frames of `[type, 0, 0, 0, length as 4 bytes,
 * …payload]`. Chunks may cut frames anywhere.
 *
 * It is iterative, since a chunk of tiny frames must not overflow the stack. It has backpressure and holds no byte
 * back: a frame's bytes are passed on as they arrive.
 */
export class Demuxer {
  readonly #stdout: OutputSink
  readonly #stderr: OutputSink
  readonly #header = new Uint8Array(headerSize)
  #headerFill = 0
  #type = 0
  #left = 0
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #broken = false
  #stopped = false
  #systemText = ''
  #written = 0

  constructor(stdout: OutputSink, stderr: OutputSink) {
    this.#stdout = stdout
    this.#stderr = stderr
  }

  /** Takes ownership of the next chunk. Returns a promise when the chunk after it must wait. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    this.#chunk = chunk
    this.#at = 0
    const blocked = this.#run()
    return blocked === undefined ? undefined : this.#continueAfter(blocked)
  }

  /** Writes nothing from now on. */
  stop(): void {
    this.#stopped = true
  }

  /** True when the stream consists of whole frames only. */
  get complete(): boolean {
    return !this.#broken && this.#left === 0 && this.#headerFill === 0
  }

  /** Bytes passed to the sinks. */
  get written(): number {
    return this.#written
  }

  /** Messages of the engine itself in the stream (type 3). */
  get systemText(): string {
    return this.#systemText
  }

  async #continueAfter(blocked: Promise<void>): Promise<void> {
    for (let wait: Promise<void> | undefined = blocked; wait !== undefined; wait = this.#run()) await wait
  }

  /** Parses until the chunk is used up or a sink blocks. */
  #run(): Promise<void> | undefined {
    const chunk = this.#chunk
    // Bytes of one stream at [start, end) that are not written yet.
    let type = 0
    let start = 0
    let end = 0
    while (this.#at < chunk.length && !this.#broken && !this.#stopped) {
      if (this.#left === 0) {
        this.#readHeader(chunk)
        continue
      }
      const size = Math.min(this.#left, chunk.length - this.#at)
      if (end > start && type === this.#type && size <= tinyFrame) {
        // The chunk is ours. Closing the gap that the header left merges many writes into one.
        chunk.copyWithin(end, this.#at, this.#at + size)
        end += size
      } else {
        const blocked = this.#write(type, start, end)
        type = this.#type
        start = this.#at
        end = start
        // No byte of this frame is consumed yet: parsing continues with it.
        if (blocked !== undefined) return blocked
        end = start + size
      }
      this.#at += size
      this.#left -= size
    }
    return this.#write(type, start, end)
  }

  #readHeader(chunk: Uint8Array): void {
    let header: Uint8Array = this.#header
    let at = 0
    if (this.#headerFill === 0 && chunk.length - this.#at >= headerSize) {
      header = chunk
      at = this.#at
      this.#at += headerSize
    } else {
      while (this.#headerFill < headerSize && this.#at < chunk.length) {
        header[this.#headerFill++] = chunk[this.#at++] ?? 0
      }
      if (this.#headerFill < headerSize) return
      this.#headerFill = 0
    }
    this.#type = header[at] ?? 0
    this.#left = length(header, at + 4)
    if (this.#type > 3) this.#broken = true
  }

  #write(type: number, start: number, end: number): Promise<void> | undefined {
    if (start === end || this.#stopped) return undefined
    const bytes = this.#chunk.subarray(start, end)
    this.#written += bytes.length
    if (type === 2) return this.#stderr.write(bytes)
    if (type < 2) return this.#stdout.write(bytes)
    if (this.#systemText.length < systemTextLimit) this.#systemText += Buffer.from(bytes).toString()
    return undefined
  }
}

function length(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) * 0x1000000 +
      (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))) >>>
    0
  )
}
