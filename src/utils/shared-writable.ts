import type { Writable } from 'node:stream'

/** Who writes to a writable of the user's, and wants to know how it does. */
export interface WritableFollower {
  /** It takes more again. */
  drained(): void
  /** It takes no more: it broke, or was closed. */
  gone(): void
}

/** What one writable of the user's is listened to with, however many write to it: thousands of runs may share a log without a warning. */
class Hub {
  readonly #writable: Writable
  readonly #followers = new Set<WritableFollower>()
  /** Writers that have left while a write of theirs was still on its way. */
  #leaving = 0

  constructor(writable: Writable) {
    this.#writable = writable
    // Without an 'error' listener an error would end the process.
    writable.on('error', this.#gone).on('close', this.#gone).on('drain', this.#drained)
  }

  join(follower: WritableFollower): void {
    this.#followers.add(follower)
  }

  /** What is still on its way may yet fail: its error must find a listener, and the listener must not stay for ever. */
  leave(follower: WritableFollower): void {
    if (!this.#followers.delete(follower)) return
    const { closed, destroyed, writableEnded, writableLength } = this.#writable
    if (writableLength === 0 && !destroyed) {
      this.#tidy()
      return
    }
    this.#leaving++
    const left = () => {
      this.#writable.off('close', left).off('finish', left)
      const tidy = () => {
        this.#leaving--
        this.#tidy()
      }
      // Node.js tells of an error a tick after the stream has it.
      if (this.#writable.errored === null) tidy()
      else setImmediate(tidy)
    }
    if (closed) left()
    else if (destroyed || writableEnded) this.#writable.on('close', left).on('finish', left)
    else this.#writable.write('', left)
  }

  #tidy(): void {
    if (this.#followers.size > 0 || this.#leaving > 0) return
    this.#writable.off('error', this.#gone).off('close', this.#gone).off('drain', this.#drained)
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

/** Tells how a writable of the user's does, until the returned function is called. */
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

/** Writes what may throw at once; false where it takes no more for now. A writable that throws counts as broken, and is destroyed. */
export function writeTo(writable: Writable, chunk: Uint8Array): boolean {
  try {
    return writable.write(chunk)
  } catch (error) {
    writable.destroy(error as Error)
    return true
  }
}
