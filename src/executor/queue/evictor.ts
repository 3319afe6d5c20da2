import type { Owner } from './admission-queue.ts'
import type { Demand } from './resource-pool.ts'
import type { Shortage } from './scheduler.ts'

/** An idle container that can be ended for other work. */
export interface Evictable {
  readonly owner: Owner
  readonly demand: Demand
  /** When it last served a call, by `performance.now()`. */
  readonly lastUsed: number
  /** Returns false when it cannot be evicted. */
  evict(): boolean
}

/** Ends idle containers when other work needs what they hold. The one that served longest ago goes first. */
export class Evictor {
  readonly #offered = new Set<Evictable>()
  /** Containers that were evicted and still hold their resources, which count as free. */
  readonly #going = new Set<Evictable>()

  /** True when no container is idle or going: there is nothing to evict. */
  get isEmpty(): boolean {
    return this.#offered.size === 0 && this.#going.size === 0
  }

  offer(evictable: Evictable): void {
    this.#offered.add(evictable)
  }

  withdraw(evictable: Evictable): void {
    this.#offered.delete(evictable)
  }

  /** The container holds nothing from here on. */
  gone(evictable: Evictable): void {
    this.#offered.delete(evictable)
    this.#going.delete(evictable)
  }

  /** Evicts as many containers as the shortage needs, none of its own owner. Evicts none and returns false when all were not enough. */
  makeRoom(shortage: Shortage): boolean {
    const victims = this.#enough(shortage, ({ owner }) => owner !== shortage.owner)
    for (const victim of victims ?? []) if (victim.evict()) this.#going.add(victim)
    return victims !== undefined
  }

  /** Returns true when evicting the owner's own containers would be enough. */
  hasItself(shortage: Shortage): boolean {
    return this.#enough(shortage, () => true) !== undefined
  }

  /** The containers to evict; undefined when all would not be enough. */
  #enough(shortage: Shortage, test: (evictable: Evictable) => boolean): Evictable[] | undefined {
    const left = { memory: shortage.memory, cpus: shortage.cpus, gpus: shortage.gpus ?? 0, places: shortage.places }
    const isMet = () => left.memory <= 0 && left.cpus <= 0 && left.gpus <= 0 && left.places <= 0
    const count = ({ demand }: Evictable) => {
      left.memory -= demand.memory
      left.cpus -= demand.cpus
      left.gpus -= demand.gpus ?? 0
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
