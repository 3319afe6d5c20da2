import PQueue from 'p-queue'
import { type AdmissionOptions, AdmissionQueue, type Owner } from './admission-queue.ts'
import { type Demand, ResourcePool } from './resource-pool.ts'

/** A place among those that run at once, asked for. */
export interface Admission {
  /** Resolves once it is given, with the function that gives it back; rejects with undefined once it is withdrawn. */
  readonly granted: Promise<() => void>
  /** Asks no more. False where it was given or withdrawn already. */
  withdraw(): boolean
}

/** What one in line shortages to start at once. */
export interface Shortage extends Demand {
  /** 1 where all places are taken. */
  readonly places: number
  /** When it began to wait, by `performance.now()`. */
  readonly since: number
  readonly priority: number
  /** Whose it is; undefined for a task. */
  readonly owner: Owner | undefined
}

/** Where work waits for its turn: p-queue counts places, and its queue what the work takes. */
export class Scheduler {
  readonly #concurrency: number
  readonly #pool: ResourcePool
  readonly #admission: AdmissionQueue
  readonly #queue: PQueue<AdmissionQueue, AdmissionOptions>
  /** Called whenever the first in line cannot start. */
  onBlocked: () => void = () => {}

  constructor(concurrency: number, total: Demand) {
    this.#concurrency = concurrency
    this.#pool = new ResourcePool(total)
    const admission = new AdmissionQueue(this.#pool)
    this.#admission = admission
    this.#queue = new PQueue({
      concurrency,
      // p-queue wants a class; it needs one queue, and so do we.
      queueClass: class {
        constructor() {
          // biome-ignore lint/correctness/noConstructorReturn: hands p-queue the queue that we keep
          return admission
        }
      } as unknown as new () => AdmissionQueue,
    })
    this.#queue.on('next', () => this.admit())
  }

  /** How much has its turn. */
  get pending(): number {
    return this.#queue.pending
  }
  /** How much waits. */
  get waiting(): number {
    return this.#admission.waiting
  }
  /** What there is to give in all. */
  get total(): Demand {
    return this.#pool.total
  }

  /** How many that take as much may ever run at once. */
  capacity({ memory, cpus }: Demand): number {
    const { total } = this.#pool
    const times = (most: number, each: number) => (each === 0 ? Infinity : Math.floor(most / each))
    return Math.min(this.#concurrency, times(total.memory, memory), times(total.cpus, cpus))
  }

  /** Queues work. Its place and what it takes are free again when its promise settles. */
  add(options: AdmissionOptions, turn: () => Promise<unknown>): void {
    const run = async () => {
      try {
        await turn()
      } finally {
        this.#pool.giveBack(options.demand)
      }
    }
    this.#queue.add(run, options).catch(() => {})
    if (this.waiting > 0) this.onBlocked()
  }

  /** Takes work out of the queue; false where it does not wait there. */
  withdraw(id: string): boolean {
    if (!this.#admission.remove(id)) return false
    this.admit()
    return true
  }

  /** Has p-queue start all that can: by itself it looks for one when one ends, and for none when one leaves the queue. */
  admit(): void {
    this.#queue.concurrency = this.#concurrency
    if (this.waiting > 0) this.onBlocked()
  }

  /** Puts what an owner asks for behind all else of the same priority. */
  moveToBack(owner: Owner): void {
    this.#admission.moveToBack(owner)
    this.admit()
  }

  /** What each in line shortages, in their order. */
  *shortages(): Generator<Shortage, void, undefined> {
    for (const { demand, since, priority, owner } of this.#admission.line) {
      const { total, taken } = this.#pool
      yield {
        memory: Math.max(0, taken.memory + demand.memory - total.memory),
        cpus: Math.max(0, taken.cpus + demand.cpus - total.cpus),
        places: this.pending >= this.#concurrency ? 1 : 0,
        since,
        priority,
        owner,
      }
    }
  }
}
