import PQueue from 'p-queue'
import { type AdmissionOptions, AdmissionQueue, type Admitted, type Owner } from './admission-queue.ts'
import { type Demand, ResourcePool } from './resource-pool.ts'

/** A request to start. */
export interface Admission {
  /** Resolves at the start with a function that frees the place again. Rejects with undefined after a withdrawal. */
  readonly granted: Promise<() => void>
  /** Withdraws the request. Returns false when it was granted or withdrawn before. */
  withdraw(): boolean
}

/** What queued work needs before it can start. */
export interface Shortage extends Demand {
  /** 1 when the concurrency is used up. */
  readonly places: number
  /** When it was queued, by `performance.now()`. */
  readonly since: number
  readonly priority: number
  /** Undefined for a task. */
  readonly owner: Owner | undefined
}

/** Decides what runs when. p-queue bounds the concurrency, and the admission queue memory and CPUs. */
export class Scheduler {
  readonly #concurrency: number
  readonly #pool: ResourcePool
  readonly #admission: AdmissionQueue
  readonly #queue: PQueue
  /** Called whenever the first queued work cannot start. */
  onBlocked: () => void = () => {}

  constructor(concurrency: number, total: Demand) {
    this.#concurrency = concurrency
    this.#pool = new ResourcePool(total)
    this.#admission = new AdmissionQueue(this.#pool)
    this.#queue = new PQueue({ concurrency })
    this.#queue.on('next', () => this.admit())
  }

  /** How much work is running. */
  get pending(): number {
    return this.#queue.pending
  }
  /** How much work is queued. */
  get waiting(): number {
    return this.#admission.waiting
  }
  /** The memory and CPUs of all work together. */
  get total(): Demand {
    return this.#pool.total
  }

  /** Holds memory back, in bytes, for what is not queued here. */
  reserve(memory: number): void {
    this.#pool.reserved = memory
    this.admit()
  }

  /** How much work of this demand may ever run at once. */
  capacity({ memory, cpus, gpus = 0 }: Demand): number {
    const { total } = this.#pool
    const times = (most: number, each: number) => (each === 0 ? Infinity : Math.floor(most / each))
    return Math.min(
      this.#concurrency,
      times(total.memory, memory),
      times(total.cpus, cpus),
      times(total.gpus ?? Infinity, gpus),
    )
  }

  /** Queues work. Its place, memory and CPUs are free again when its promise settles. */
  add(options: AdmissionOptions, turn: () => Promise<unknown>): void {
    this.#admission.enqueue(turn, options)
    this.admit()
  }

  /** Removes work from the queue. Returns false when it is not queued. */
  withdraw(id: string): boolean {
    if (!this.#admission.remove(id)) return false
    this.admit()
    return true
  }

  /** Starts all work that can. p-queue gets work only when it has a place for it: what waits there would count as running. */
  admit(): void {
    while (this.pending < this.#concurrency) {
      const admitted = this.#admission.dequeue()
      if (admitted === undefined) break
      this.#queue.add(() => this.#run(admitted)).catch(() => {})
    }
    if (this.waiting > 0) this.onBlocked()
  }

  async #run({ run, demand }: Admitted): Promise<void> {
    try {
      await run()
    } finally {
      this.#pool.giveBack(demand)
    }
  }

  /** Moves an owner's queued work behind all other of the same priority. */
  moveToBack(owner: Owner): void {
    this.#admission.moveToBack(owner)
    this.admit()
  }

  /** The owner has lost its last container; see {@link AdmissionQueue.promote}. */
  promote(owner: Owner): void {
    this.#admission.promote(owner)
    this.admit()
  }

  /** What each queued work needs, in the order of the queue. */
  *shortages(): Generator<Shortage, void, undefined> {
    for (const { demand, since, priority, owner } of this.#admission.line) {
      const { total, taken, reserved } = this.#pool
      const held = taken.memory > 0 ? reserved : 0
      yield {
        memory: Math.max(0, taken.memory + demand.memory - total.memory + held),
        cpus: Math.max(0, taken.cpus + demand.cpus - total.cpus),
        gpus: Math.max(0, taken.gpus + (demand.gpus ?? 0) - (total.gpus ?? Infinity)),
        places: this.pending >= this.#concurrency ? 1 : 0,
        since,
        priority,
        owner,
      }
    }
  }
}
