import type { ResolvedTask } from '../../../task/task.ts'
import { isHardened } from '../create-options/hardened.ts'
import type { NetworkLease, NetworkSource } from '../engine-context.ts'
import type { MovedListener } from '../transitions.ts'
import type { PreforkPool } from './pool.ts'

/** Picks a namespace of the pool where one is free, else one of the configured networks. */
export class Networks implements NetworkSource {
  readonly leases: NetworkLeases
  readonly #pool: PreforkPool | undefined
  readonly #shares: boolean
  readonly #moved: MovedListener

  /** `shares`: the pool's namespaces serve several containers, one after the other. */
  constructor(networks: readonly string[], pool: PreforkPool | undefined, shares: boolean, moved: MovedListener) {
    this.leases = new NetworkLeases(networks)
    this.#pool = pool
    this.#shares = shares
    this.#moved = moved
  }

  lease(task: ResolvedTask, networkless: boolean): NetworkLease | undefined {
    return this.#fromPool(task, networkless) ?? (networkless ? undefined : this.leases.lease())
  }

  #fromPool(task: ResolvedTask, networkless: boolean): NetworkLease | undefined {
    // Code that is not trusted shares nothing, also not one after the other.
    if (!this.#pool?.serves(networkless) || (this.#shares && isHardened(task))) return undefined
    const lease = this.#pool.lease(networkless)
    const to = lease === undefined ? 'ownNamespace' : 'pooled'
    this.#moved({
      machine: 'network',
      id: task.id,
      from: 'wanted',
      to,
      event: lease === undefined ? 'poolEmpty' : 'lease',
    })
    return lease
  }
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
