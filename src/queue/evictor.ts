import type { Owner } from './admission-queue.ts'
import type { Demand } from './resource-pool.ts'
import type { Shortage } from './scheduler.ts'

/** A container that could give its place to somebody else. */
export interface Evictable {
  readonly owner: Owner
  readonly demand: Demand
  /** When it last served, by `performance.now()`. */
  readonly lastUsed: number
  /** False where it cannot be any more. */
  evict(): boolean
}

/** Ends containers that nobody calls when what they hold is wanted elsewhere, the one that served longest ago first. */
export class Evictor {
  readonly #offered = new Set<Evictable>()
  /** Told to go, and not gone yet: what they hold is as good as free. */
  readonly #going = new Set<Evictable>()

  offer(evictable: Evictable): void {
    this.#offered.add(evictable)
  }

  withdraw(evictable: Evictable): void {
    this.#offered.delete(evictable)
  }

  /** It holds nothing any more. */
  gone(evictable: Evictable): void {
    this.#offered.delete(evictable)
    this.#going.delete(evictable)
  }

  /** Evicts as many as it takes, but none of the one who shortages. False where all would not be enough; then it evicts none. */
  makeRoom(shortage: Shortage): boolean {
    const victims = this.#enough(shortage, ({ owner }) => owner !== shortage.owner)
    for (const victim of victims ?? []) if (victim.evict()) this.#going.add(victim)
    return victims !== undefined
  }

  /** True where the one who shortages would have enough if its own were evicted. */
  hasItself(shortage: Shortage): boolean {
    return this.#enough(shortage, () => true) !== undefined
  }

  /** Those that would have to go; undefined where all would not be enough. */
  #enough(shortage: Shortage, test: (evictable: Evictable) => boolean): Evictable[] | undefined {
    const left = { memory: shortage.memory, cpus: shortage.cpus, places: shortage.places }
    const isMet = () => left.memory <= 0 && left.cpus <= 0 && left.places <= 0
    const count = ({ demand }: Evictable) => {
      left.memory -= demand.memory
      left.cpus -= demand.cpus
      left.places -= 1
    }
    for (const evictable of this.#going) count(evictable)
    const victims: Evictable[] = []
    for (const evictable of [...this.#offered].filter(test).sort((a, b) => a.lastUsed - b.lastUsed)) {
      if (isMet()) break
      victims.push(evictable)
      count(evictable)
    }
    return isMet() ? victims : undefined
  }
}
