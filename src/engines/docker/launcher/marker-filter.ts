import { tokenSize } from './frame.ts'

/** What the launcher writes at the end of each stream: the token, then this many bytes. */
const factsSize = 18
const exited = 0x65

/** The length of a launcher's marker, in bytes. */
export const markerSize = tokenSize + factsSize

/** True when the last bytes look like the marker of a launcher whose token is not known: the first bytes of its numbers are 0. */
export function endsLikeMarker(bytes: Uint8Array): boolean {
  const at = bytes.length - factsSize
  return bytes.length >= markerSize && bytes[at] === exited && [8, 9, 16, 17].every(place => bytes[at + place] === 0)
}

/** How a task ended by itself, as its launcher reports it. */
export interface LaunchEnd {
  readonly exitCode: number
  /** CPU time of the task and of what it started, in ms. */
  readonly cpuMs: number
  /** The most memory of the container, in bytes. Undefined where its control group does not report it. */
  readonly memoryPeak: number | undefined
}

/**
 * Takes the launcher's marker out of one stream. Bytes are held back only while they can be the beginning of the token.
 */
export class MarkerFilter {
  readonly #token: Buffer
  #held: Buffer = Buffer.alloc(0)
  #end: LaunchEnd | undefined
  #isBroken = false

  constructor(token: Buffer) {
    this.#token = token
  }

  /** How the task ended, once the whole marker was seen. Undefined when anything follows it. */
  get end(): LaunchEnd | undefined {
    return this.#isBroken ? undefined : this.#end
  }

  /** Returns the part of the stream that is the task's. The chunk may be kept until the next call. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#end !== undefined) {
      this.#isBroken = true
      return chunk
    }
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const bytes = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh])
    const found = bytes.indexOf(this.#token)
    const at = found === -1 ? bytes.length - this.#tailOf(bytes) : found
    this.#held = bytes.subarray(at)
    this.#end = this.#read(this.#held)
    return bytes.subarray(0, at)
  }

  /** The bytes that were held back, at the end of the stream. What is certainly the beginning of a marker is dropped. */
  flush(): Uint8Array {
    const isMarker = this.#held.length >= this.#token.length / 2
    const rest = isMarker ? Buffer.alloc(0) : this.#held
    this.#held = Buffer.alloc(0)
    return rest
  }

  /** The length of the longest end of `bytes` with which the token begins. */
  #tailOf(bytes: Buffer): number {
    const [first = 0] = this.#token
    const from = Math.max(0, bytes.length - this.#token.length + 1)
    for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
      const length = bytes.length - at
      if (bytes.compare(this.#token, 0, length, at) === 0) return length
    }
    return 0
  }

  #read(held: Buffer): LaunchEnd | undefined {
    const at = this.#token.length
    if (held.length < at + factsSize) return undefined
    if (held.length > at + factsSize || held[at] !== exited) this.#isBroken = true
    const peak = held.readBigUInt64LE(at + 10)
    return {
      exitCode: held[at + 1] ?? 0,
      cpuMs: Number(held.readBigUInt64LE(at + 2)) / 1_000,
      memoryPeak: peak === 0n ? undefined : Number(peak),
    }
  }
}
