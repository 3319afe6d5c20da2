/** The memory and CPUs of one task while it runs. */
export interface Demand {
  /** Bytes; 0 for a task without a limit. */
  readonly memory: number
  /** Milli-CPUs; 0 for a task without a limit. */
  readonly cpus: number
}

/** The memory and CPUs of an executor. Infinity means no bound. */
export class ResourcePool {
  readonly total: Demand
  #memory = 0
  #cpus = 0

  constructor(total: Demand) {
    this.total = total
  }

  /** The part that is in use. */
  get taken(): Demand {
    return { memory: this.#memory, cpus: this.#cpus }
  }

  /** Returns true when the demand can be met now. */
  fits({ memory, cpus }: Demand): boolean {
    return this.#memory + memory <= this.total.memory && this.#cpus + cpus <= this.total.cpus
  }

  take({ memory, cpus }: Demand): void {
    this.#memory += memory
    this.#cpus += cpus
  }

  giveBack({ memory, cpus }: Demand): void {
    this.#memory -= memory
    this.#cpus -= cpus
  }
}
