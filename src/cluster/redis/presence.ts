import type { Redis } from 'ioredis'
import { CookietinError, messageOf } from '../../errors.ts'
import type { ClusterKeys } from './keys.ts'

/** The options of a {@link Presence}. */
export interface PresenceOptions {
  readonly redis: Redis
  readonly keys: ClusterKeys
  /** The name of this process. */
  readonly self: string
  /** How long a process counts as alive after its last beat, in ms. */
  readonly lease: number
  /** What others may know of this process. */
  readonly about: () => object
  /** Called with a process of {@link watch} that has not been seen for the whole lease. */
  readonly onLost: (process: string) => void
  /** Called when others may take this process for lost soon: what it holds must end now. */
  readonly onFenced?: () => void
}

/** A process that is watched. */
interface Watched {
  seenAt: number
  /** For how many runs and calls it is watched. */
  holders: number
}

/** The part of a lease after which a process that cannot renew it ends what it holds. */
const fencePart = 0.8

/**
 * After so many leases without Redis all that others hold for this process has ended: they have ended it where they could not tell, or where
 * they have not seen this process for a lease.
 */
const leasesAway = 3

/**
 * Tells others that this process lives, and notices who does not. A process that could not tell for 0.8 leases ends what it holds;
 * others take it for lost after a whole lease. So neither clock counts, and what is lost has ended before it is made again.
 */
export class Presence {
  readonly #options: PresenceOptions
  readonly #watched = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout
  #beatAt = performance.now()
  #isFenced = false
  #isLooking = false
  #isBeating = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), options.lease / 10)
  }

  /**
   * Resolves when others can see it.
   *
   * @throws CookietinError `ERR_COOKIETIN_CLUSTER_FAILED` when Redis refuses that.
   */
  async start(): Promise<void> {
    await this.#tell().catch(cause => {
      const message = `Redis refuses what a cluster needs: ${messageOf(cause)}. May the user write the keys of this queue?`
      throw new CookietinError('ERR_COOKIETIN_CLUSTER_FAILED', message, { cause })
    })
  }

  /** Watches a process, which is alive now, until each function that was returned for it is called. */
  watch(process: string): () => void {
    const watched = this.#watched.get(process) ?? { seenAt: performance.now(), holders: 0 }
    this.#watched.set(process, watched)
    watched.holders += 1
    return () => {
      watched.holders -= 1
      // One that was lost may have been met anew.
      if (watched.holders === 0 && this.#watched.get(process) === watched) this.#watched.delete(process)
    }
  }

  /** True while others may take it for lost. */
  get isFenced(): boolean {
    return this.#isFenced
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    const { redis, keys, self } = this.#options
    if (redis.status === 'ready') await redis.del(keys.alive(self)).catch(() => {})
  }

  #tick(): void {
    void this.#beat()
    void this.#look()
    const { lease, onFenced } = this.#options
    if (performance.now() - this.#beatAt >= leasesAway * lease) this.#loseAll()
    if (this.#isFenced || performance.now() - this.#beatAt < fencePart * lease) return
    this.#isFenced = true
    onFenced?.()
  }

  #loseAll(): void {
    const processes = [...this.#watched.keys()]
    this.#watched.clear()
    for (const process of processes) this.#options.onLost(process)
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return
    this.#isBeating = true
    // Where it fails, the next beat tries again.
    await this.#tell().catch(() => {})
    this.#isBeating = false
  }

  async #tell(): Promise<void> {
    const { redis, keys, self, lease, about } = this.#options
    // The lease counts from before the call: Redis may have acted on it at any time since.
    const at = performance.now()
    await redis.set(keys.alive(self), JSON.stringify(about()), 'PX', lease)
    this.#beatAt = at
    this.#isFenced = performance.now() - at >= fencePart * lease
  }

  async #look(): Promise<void> {
    const processes = [...this.#watched.keys()]
    if (this.#isLooking || processes.length === 0) return
    this.#isLooking = true
    const { redis, keys, lease, onLost } = this.#options
    const at = performance.now()
    try {
      const values = await redis.mget(processes.map(process => keys.alive(process)))
      for (const [index, process] of processes.entries()) {
        const watched = this.#watched.get(process)
        if (watched === undefined) continue
        if (values[index] != null) watched.seenAt = at
        // It may have told until just after it was seen last, and a crash of Redis may have lost that.
        else if (at - watched.seenAt >= lease) {
          this.#watched.delete(process)
          onLost(process)
        }
      }
    } catch {
      // Redis is away. Nothing is known.
    } finally {
      this.#isLooking = false
    }
  }
}
