import { OrderedList } from './ordered-list.ts'
import type { Demand, ResourcePool } from './resource-pool.ts'

type RunFunction = () => Promise<unknown>

/** A hot function: holds several running containers and may ask for more. */
export interface Owner {
  /** How many containers it has that serve calls, or will. Those that are being ended do not count. */
  readonly size: number
}

/** The properties of queued work. */
export interface AdmissionOptions {
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

/** Work that is to start now. */
export interface Admitted extends Pick<AdmissionOptions, 'demand'> {
  run(): Promise<unknown>
}

interface Entry extends AdmissionOptions, Waiter {
  readonly owner: Owner | undefined
  readonly run: RunFunction
  /** The first container of a function without any that serves: its calls are waiting. */
  readonly isFirst: boolean
  /** Counts up with each entry that is queued, or moved. */
  readonly place: number
  /** How many later entries have started before it. */
  overtaken: number
}

/** How many entries may overtake one that waits for resources. Then nothing behind it starts until it has. */
const maxOvertakes = 16

/** How many entries are examined for one that fits. */
const searchDepth = 1024

/**
 * Decides what starts next: by priority, then by age. Work starts only when the pool can meet its demand.
 *
 * Smaller work may overtake larger work a bounded number of times, so that none starves. A function without containers is served before the
 * tasks of its priority, since its calls time out; every second start belongs to the tasks then.
 */
export class AdmissionQueue {
  readonly #pool: ResourcePool
  readonly #line = new OrderedList<Entry>(byTurn)
  readonly #byId = new Map<string, Entry>()
  /** The entries of each function. */
  readonly #byOwner = new Map<Owner, Set<Entry>>()
  #places = 0
  #lastWasFirst = false

  constructor(pool: ResourcePool) {
    this.#pool = pool
  }

  /** How many entries are queued. */
  get waiting(): number {
    return this.#line.size
  }

  /** The queued work in its order, whether it can start or not. */
  get line(): Iterable<Waiter> {
    return this.#line
  }

  enqueue(run: RunFunction, options: Partial<AdmissionOptions> = {}): void {
    const { id = '', priority = 0, demand = { memory: 0, cpus: 0, gpus: 0 }, owner } = options
    const isFirst = owner?.size === 0 && !this.#hasFirst(owner)
    const place = this.#places++
    this.#insert({ id, priority, demand, owner, run, isFirst, place, since: performance.now(), overtaken: 0 })
  }

  /** Removes the entry that is to start now, and takes its demand from the pool. Undefined when none can start. */
  dequeue(): Admitted | undefined {
    const entry = this.#next()
    if (entry === undefined) return undefined
    this.#line.find(other => {
      if (other === entry) return true
      other.overtaken += 1
      return false
    })
    this.#delete(entry)
    this.#lastWasFirst = entry.isFirst
    this.#pool.take(entry.demand)
    return entry
  }

  setPriority(id: string, priority: number): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) throw new ReferenceError(`No queued work has the id "${id}"`)
    this.#move(entry, { priority })
  }

  /** Moves the entries of an owner behind all others of the same priority. */
  moveToBack(owner: Owner): void {
    for (const entry of this.#entriesOf(owner).sort(byTurn)) this.#move(entry, { isFirst: false })
  }

  /** The owner has lost its last container: its entry that is the next becomes the first one of a function. */
  promote(owner: Owner): void {
    if (this.#hasFirst(owner)) return
    const [next] = this.#entriesOf(owner).sort(byTurn)
    if (next !== undefined) this.#move(next, { isFirst: true })
  }

  #entriesOf(owner: Owner): Entry[] {
    return [...(this.#byOwner.get(owner) ?? [])]
  }

  #hasFirst(owner: Owner): boolean {
    return this.#entriesOf(owner).some(entry => entry.isFirst)
  }

  /** Returns false when no entry has this id. */
  remove(id: string): boolean {
    const entry = this.#byId.get(id)
    if (entry === undefined) return false
    this.#delete(entry)
    return true
  }

  /** Behind those that go before it, as if it was queued now. */
  #move(entry: Entry, change: Partial<Pick<Entry, 'priority' | 'isFirst'>>): void {
    this.#delete(entry)
    this.#insert({ ...entry, ...change, place: this.#places++ })
  }

  #insert(entry: Entry): void {
    const { id, owner } = entry
    this.#line.add(entry)
    this.#byId.set(id, entry)
    if (owner === undefined) return
    const own = this.#byOwner.get(owner)
    if (own === undefined) this.#byOwner.set(owner, new Set([entry]))
    else own.add(entry)
  }

  #delete(entry: Entry): void {
    const { id, owner } = entry
    this.#line.remove(entry)
    if (this.#byId.get(id) === entry) this.#byId.delete(id)
    if (owner === undefined) return
    const own = this.#byOwner.get(owner)
    own?.delete(entry)
    if (own?.size === 0) this.#byOwner.delete(owner)
  }

  #next(): Entry | undefined {
    const found = this.#find(entry => !(this.#lastWasFirst && entry.isFirst))
    return found === undefined && this.#lastWasFirst ? this.#find(() => true) : found
  }

  #find(mayStart: (entry: Entry) => boolean): Entry | undefined {
    let examined = 0
    let found: Entry | undefined
    this.#line.find(entry => {
      examined += 1
      if (mayStart(entry)) {
        if (this.#pool.fits(entry.demand)) found = entry
        if (found !== undefined || entry.overtaken >= maxOvertakes) return true
      }
      return examined === searchDepth
    })
    return found
  }
}

/** The order of the queue. */
function byTurn(a: Entry, b: Entry): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  return Number(b.isFirst) - Number(a.isFirst) || a.place - b.place
}
