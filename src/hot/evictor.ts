import type { Lack } from '../executor/lanes.ts'
import type { Evictable } from './host.ts'

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

  /** Evicts as many as it takes, or none where all would not be enough. */
  makeRoom(lack: Lack): void {
    const left = { memory: lack.memory, cpus: lack.cpus, places: lack.places }
    const isMet = () => left.memory <= 0 && left.cpus <= 0 && left.places <= 0
    const count = ({ demand }: Evictable) => {
      left.memory -= demand.memory
      left.cpus -= demand.cpus
      left.places -= 1
    }
    for (const evictable of this.#going) count(evictable)
    if (isMet()) return
    const victims: Evictable[] = []
    for (const evictable of [...this.#offered].sort((a, b) => a.lastUsed - b.lastUsed)) {
      victims.push(evictable)
      count(evictable)
      if (!isMet()) continue
      for (const victim of victims) if (victim.evict()) this.#going.add(victim)
      return
    }
  }
}
