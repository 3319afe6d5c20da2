import type { Queue, QueueAddOptions } from 'p-queue'
import type { Demand, ResourcePool } from './resource-pool.ts'

type RunFunction = () => Promise<unknown>

/** Who may have several that run, and ask for more of them. */
export interface Owner {
  /** How many it has. */
  readonly size: number
}

/** What a task says of itself when it is queued. */
export interface AdmissionOptions extends QueueAddOptions {
  /** Unique among the queued. */
  readonly id: string
  /** Higher runs earlier. Default 0. */
  readonly priority: number
  readonly demand: Demand
  /** Undefined for what belongs to nobody. */
  readonly owner?: Owner | undefined
}

/** One in line, as others see it. */
export interface Waiter extends Pick<AdmissionOptions, 'demand' | 'owner' | 'priority'> {
  /** When it was queued, by `performance.now()`. */
  readonly since: number
}

interface Entry extends AdmissionOptions, Waiter {
  readonly owner: Owner | undefined
  readonly run: RunFunction
  /** How many have gone before it that came after it. */
  passed: number
}

/** How many may pass a task that waits for resources. After that nothing behind it starts until it has. */
const patience = 16

/** How many places behind the first are looked at for a task that fits. */
const depth = 64

/**
 * A queue for p-queue: by priority, then by age, and no task starts whose demand the pool cannot meet.
 * Smaller ones behind it may pass, but only so often, so that a large one is never starved.
 */
export class AdmissionQueue implements Queue<RunFunction, AdmissionOptions> {
  readonly #pool: ResourcePool
  #entries: Entry[] = []

  constructor(pool: ResourcePool) {
    this.#pool = pool
  }

  /** How many wait. */
  get waiting(): number {
    return this.#entries.length
  }

  /** Those in line, whether they can start or not, in their order. */
  get line(): readonly Waiter[] {
    return this.#entries
  }

  /** What p-queue must believe: it starts a task whenever this is not 0, so only whether one can start counts. */
  get size(): number {
    return this.#next() === -1 ? 0 : 1
  }

  enqueue(run: RunFunction, options: Partial<AdmissionOptions> = {}): void {
    const { id = '', priority = 0, demand = { memory: 0, cpus: 0 }, owner } = options
    this.#insert({ id, priority, demand, owner, run, since: performance.now(), passed: 0 })
  }

  dequeue(): RunFunction | undefined {
    const index = this.#next()
    if (index === -1) return undefined
    for (const entry of this.#entries.slice(0, index)) entry.passed += 1
    const [entry] = this.#entries.splice(index, 1)
    if (entry === undefined) return undefined
    this.#pool.take(entry.demand)
    return entry.run
  }

  filter({ priority }: Readonly<Partial<AdmissionOptions>>): RunFunction[] {
    return this.#entries.filter(entry => entry.priority === priority).map(({ run }) => run)
  }

  setPriority(id: string, priority: number): void {
    const entry = this.#entries.find(entry => entry.id === id)
    if (entry === undefined) throw new ReferenceError(`No task with the id "${id}" waits`)
    this.remove(id)
    this.#insert({ ...entry, priority })
  }

  /** Puts what an owner asks for behind all else of the same priority. */
  moveToBack(owner: Owner): void {
    for (const entry of this.#entries.filter(entry => entry.owner === owner)) {
      this.remove(entry.id)
      this.#insert(entry)
    }
  }

  /** False where none of that id waits. */
  remove(id: string): boolean {
    const index = this.#entries.findIndex(entry => entry.id === id)
    if (index !== -1) this.#entries.splice(index, 1)
    return index !== -1
  }

  /** Behind the last one of the same or a higher priority. */
  #insert(entry: Entry): void {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.priority ?? 0) >= entry.priority) low = middle + 1
      else high = middle
    }
    this.#entries.splice(low, 0, entry)
  }

  #next(): number {
    for (const [index, entry] of this.#entries.slice(0, depth).entries()) {
      if (this.#pool.fits(entry.demand)) return index
      if (entry.passed >= patience) return -1
    }
    return -1
  }
}
