import type { Writable } from 'node:stream'

/** A writer to a writable of the user's. */
export interface WritableFollower {
  /** The writable has drained. */
  drained(): void
  /** The writable has failed or was closed. */
  gone(): void
}

/** The listeners of one writable for all of its writers: thousands of runs may share a log without a warning. */
class Hub {
  readonly #writable: Writable
  readonly #followers = new Set<WritableFollower>()
  /** Writers that left before their last write was done. */
  #leaving = 0

  constructor(writable: Writable) {
    this.#writable = writable
    // Without an 'error' listener an error would end the process.
    // Those of a writable of another kind may return nothing.
    writable.on('error', this.#gone)
    writable.on('close', this.#gone)
    writable.on('drain', this.#drained)
  }

  join(follower: WritableFollower): void {
    this.#followers.add(follower)
  }

  /** A pending write may still fail. Its error must find a listener, which is removed after that. */
  leave(follower: WritableFollower): void {
    if (!this.#followers.delete(follower)) return
    const { closed, destroyed, writableEnded, writableLength } = this.#writable
    if (writableLength === 0 && !destroyed) {
      this.#tidy()
      return
    }
    this.#leaving++
    const left = () => {
      this.#writable.off('close', left)
      this.#writable.off('finish', left)
      const tidy = () => {
        this.#leaving--
        this.#tidy()
      }
      // Node.js emits an error a tick after the stream has it.
      if (this.#writable.errored === null) tidy()
      else setImmediate(tidy)
    }
    if (closed) left()
    else if (destroyed || writableEnded) {
      this.#writable.on('close', left)
      this.#writable.on('finish', left)
    } else this.#writable.write('', left)
  }

  #tidy(): void {
    if (this.#followers.size > 0 || this.#leaving > 0) return
    this.#writable.off('error', this.#gone)
    this.#writable.off('close', this.#gone)
    this.#writable.off('drain', this.#drained)
    if (hubs.get(this.#writable) === this) hubs.delete(this.#writable)
  }

  readonly #gone = () => {
    for (const follower of [...this.#followers]) follower.gone()
  }

  readonly #drained = () => {
    for (const follower of [...this.#followers]) follower.drained()
  }
}

const hubs = new WeakMap<Writable, Hub>()

/** Reports the state of a user's writable until the returned function is called. */
export function followWritable(writable: Writable, follower: WritableFollower): () => void {
  let hub = hubs.get(writable)
  if (hub === undefined) {
    hub = new Hub(writable)
    hubs.set(writable, hub)
  }
  const joined = hub
  joined.join(follower)
  return () => joined.leave(follower)
}

/** Writes a chunk. Returns false when the writable must drain first. A writable that throws is destroyed. */
export function writeTo(writable: Writable, chunk: Uint8Array): boolean {
  try {
    return writable.write(chunk)
  } catch (error) {
    writable.destroy(error as Error)
    return true
  }
}
