import type { Queue, QueueAddOptions } from 'p-queue'
import type { Demand, ResourcePool } from './resource-pool.ts'

type RunFunction = () => Promise<unknown>

/** A hot function: holds several running containers and may ask for more. */
export interface Owner {
  /** How many containers it has. */
  readonly size: number
}

/** The properties of queued work. */
export interface AdmissionOptions extends QueueAddOptions {
  /** Unique among the queued work. */
  readonly id: string
  /**
   * Higher starts earlier.
   *
   * @default 0
   */
  readonly priority: number
  readonly demand: Demand
  /** Undefined for a task. */
  readonly owner?: Owner | undefined
}

/** Queued work, as other parts see it. */
export interface Waiter extends Pick<AdmissionOptions, 'demand' | 'owner' | 'priority'> {
  /** When it was queued, by `performance.now()`. */
  readonly since: number
}

interface Entry extends AdmissionOptions, Waiter {
  readonly owner: Owner | undefined
  readonly run: RunFunction
  /** The first container of a function without any: its calls are waiting. */
  readonly isFirst: boolean
  /** How many later entries have started before it. */
  overtaken: number
}

/** How many entries may overtake one that waits for resources. Then nothing behind it starts until it has. */
const maxOvertakes = 16

/** How many entries are examined for one that fits. */
const searchDepth = 1024

/**
 * A queue for p-queue: by priority, then by age. Work starts only when the pool can meet its demand.
 *
 * Smaller work may overtake larger work a bounded number of times, so that none starves. A function without containers is served before the
 * tasks of its priority, since its calls time out; every second start belongs to the tasks then.
 */
export class AdmissionQueue implements Queue<RunFunction, AdmissionOptions> {
  readonly #pool: ResourcePool
  readonly #entries: Entry[] = []
  /** Most that is withdrawn has left the queue long before: it is not searched for. */
  readonly #byId = new Map<string, Entry>()
  #lastWasFirst = false

  constructor(pool: ResourcePool) {
    this.#pool = pool
  }

  /** How many entries are queued. */
  get waiting(): number {
    return this.#entries.length
  }

  /** The queued work in its order, whether it can start or not. */
  get line(): readonly Waiter[] {
    return this.#entries
  }

  /** The size for p-queue, which starts work whenever it is not 0. Only whether an entry can start counts. */
  get size(): number {
    return this.#next() === -1 ? 0 : 1
  }

  enqueue(run: RunFunction, options: Partial<AdmissionOptions> = {}): void {
    const { id = '', priority = 0, demand = { memory: 0, cpus: 0, gpus: 0 }, owner } = options
    const isFirst = owner?.size === 0 && !this.#entries.some(entry => entry.owner === owner && entry.isFirst)
    this.#insert({ id, priority, demand, owner, run, isFirst, since: performance.now(), overtaken: 0 })
  }

  dequeue(): RunFunction | undefined {
    const index = this.#next()
    if (index === -1) return undefined
    for (const entry of this.#entries.slice(0, index)) entry.overtaken += 1
    const [entry] = this.#entries.splice(index, 1)
    if (entry === undefined) return undefined
    this.#byId.delete(entry.id)
    this.#lastWasFirst = entry.isFirst
    this.#pool.take(entry.demand)
    return entry.run
  }

  filter({ priority }: Readonly<Partial<AdmissionOptions>>): RunFunction[] {
    return this.#entries.filter(entry => entry.priority === priority).map(({ run }) => run)
  }

  setPriority(id: string, priority: number): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) throw new ReferenceError(`No queued work has the id "${id}"`)
    this.remove(id)
    this.#insert({ ...entry, priority })
  }

  /** Moves the entries of an owner behind all others of the same priority. */
  moveToBack(owner: Owner): void {
    for (const entry of this.#entries.filter(entry => entry.owner === owner)) {
      this.remove(entry.id)
      this.#insert({ ...entry, isFirst: false })
    }
  }

  /** Returns false when no entry has this id. */
  remove(id: string): boolean {
    const entry = this.#byId.get(id)
    if (entry === undefined) return false
    this.#byId.delete(id)
    this.#entries.splice(this.#entries.indexOf(entry), 1)
    return true
  }

  /** Behind the last entry that goes before it. */
  #insert(entry: Entry): void {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#entries[middle]
      if (other !== undefined && goesBefore(other, entry)) low = middle + 1
      else high = middle
    }
    this.#entries.splice(low, 0, entry)
    this.#byId.set(entry.id, entry)
  }

  #next(): number {
    const found = this.#find(entry => !(this.#lastWasFirst && entry.isFirst))
    return found === -1 && this.#lastWasFirst ? this.#find(() => true) : found
  }

  #find(mayStart: (entry: Entry) => boolean): number {
    const end = Math.min(this.#entries.length, searchDepth)
    for (let index = 0; index < end; index++) {
      const entry = this.#entries[index]
      if (entry === undefined || !mayStart(entry)) continue
      if (this.#pool.fits(entry.demand)) return index
      if (entry.overtaken >= maxOvertakes) return -1
    }
    return -1
  }
}

/** The order of the queue, for entries of which the first was queued earlier. */
function goesBefore(earlier: Entry, later: Entry): boolean {
  if (earlier.priority !== later.priority) return earlier.priority > later.priority
  return earlier.isFirst || !later.isFirst
}
