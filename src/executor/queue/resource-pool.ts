/** The memory and CPUs of one task while it runs. */
export interface Demand {
  /** Bytes; 0 for a task without a limit. */
  readonly memory: number
  /** Milli-CPUs; 0 for a task without a limit. */
  readonly cpus: number
  /**
   * GPUs. Of a pool, undefined means no bound.
   *
   * @default 0
   */
  readonly gpus?: number
}

/** The memory and CPUs of an executor. Infinity means no bound. */
export class ResourcePool {
  readonly total: Demand
  /**
   * Memory that is held beside the work, in bytes, such as by spare containers. Work that runs alone may use it, so that a task of the
   * whole memory can start.
   */
  reserved = 0
  #memory = 0
  #cpus = 0
  #gpus = 0

  constructor(total: Demand) {
    this.total = total
  }

  /** The part that is in use. */
  get taken(): Required<Demand> {
    return { memory: this.#memory, cpus: this.#cpus, gpus: this.#gpus }
  }

  /** Returns true when the demand can be met now. */
  fits({ memory, cpus, gpus = 0 }: Demand): boolean {
    const { total } = this
    return (
      this.#memory + memory <= total.memory - (this.#memory > 0 ? this.reserved : 0) &&
      this.#cpus + cpus <= total.cpus &&
      this.#gpus + gpus <= (total.gpus ?? Infinity)
    )
  }

  take({ memory, cpus, gpus = 0 }: Demand): void {
    this.#memory += memory
    this.#cpus += cpus
    this.#gpus += gpus
  }

  giveBack({ memory, cpus, gpus = 0 }: Demand): void {
    this.#memory -= memory
    this.#cpus -= cpus
    this.#gpus -= gpus
  }
}
