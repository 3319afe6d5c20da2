/** One cookie's hold on a network. */
export interface NetworkLease {
  readonly network: string
  /** Gives it back; once, however often it is called. */
  release(): void
}

/** Spreads containers over the configured networks: the one with the fewest is next (the seed's `docker_networks`). */
export class NetworkLeases {
  readonly #users: Map<string, number>

  constructor(networks: readonly string[]) {
    this.#users = new Map(networks.map(network => [network, 0]))
  }

  /** Undefined when no networks are configured: the engine chooses. */
  lease(): NetworkLease | undefined {
    const [first, ...others] = this.#users
    if (first === undefined) return undefined
    const [network] = others.reduce((least, next) => (next[1] < least[1] ? next : least), first)
    this.#count(network, 1)
    let held = true
    return {
      network,
      release: () => {
        if (held) this.#count(network, -1)
        held = false
      },
    }
  }

  /** How many hold each network. */
  get usage(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#users)
  }

  #count(network: string, change: number): void {
    this.#users.set(network, (this.#users.get(network) ?? 0) + change)
  }
}
