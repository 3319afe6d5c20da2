import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import { isHardened } from '../create-options/hardened.ts'
import type { NetworkLease, NetworkSource } from '../engine-context.ts'
import type { TransitionListener } from '../transitions.ts'
import type { PreforkPool } from './pool.ts'

/** The options of {@link Networks}. */
export interface NetworksOptions {
  readonly config: ResolvedDockerConfig
  readonly pool: PreforkPool | undefined
  readonly onTransition: TransitionListener
}

/** Picks a free namespace of the prefork pool, else one of the configured networks. */
export class Networks implements NetworkSource {
  readonly #leases: NetworkLeases
  readonly #pool: PreforkPool | undefined
  /** A namespace of the pool serves several containers, one after the other. */
  readonly #isReused: boolean
  readonly #onTransition: TransitionListener

  constructor({ config, pool, onTransition }: NetworksOptions) {
    this.#leases = new NetworkLeases(config.dockerNetworks)
    this.#pool = pool
    this.#isReused = !config.preForkUseOnce
    this.#onTransition = onTransition
  }

  lease(task: ResolvedTask, networkless: boolean): NetworkLease | undefined {
    return this.#fromPool(task, networkless) ?? (networkless ? undefined : this.#leases.lease())
  }

  #fromPool(task: ResolvedTask, networkless: boolean): NetworkLease | undefined {
    if (this.#pool === undefined) return undefined
    const why = this.#misfit(task, networkless, this.#pool)
    const lease = why === undefined ? this.#pool.lease(networkless) : undefined
    const result =
      lease === undefined ? { to: 'ownNamespace', event: why ?? 'poolEmpty' } : { to: 'pooled', event: 'lease' }
    this.#onTransition({ machine: 'network', id: task.id, from: 'wanted', ...result })
    return lease
  }

  /** Why the pool never serves this task. */
  #misfit(task: ResolvedTask, networkless: boolean, pool: PreforkPool): string | undefined {
    // A container in the namespace of another one has that one's host name and name servers.
    const isOwn = task.hostname !== undefined || task.dns.length > 0 || Object.keys(task.extraHosts).length > 0
    if (isOwn) return 'ownHostname'
    // A container with untrusted code never gets a namespace that serves others.
    if (this.#isReused && isHardened(task)) return 'reusedNamespaces'
    if (!pool.serves(networkless)) return networkless ? 'noneWithoutNetwork' : 'noneWithNetwork'
    return undefined
  }
}

/** Spreads containers over the configured networks: the least used one is next (Fn's `docker_networks`). */
export class NetworkLeases {
  readonly #users: Map<string, number>

  constructor(networks: readonly string[]) {
    this.#users = new Map(networks.map(network => [network, 0]))
  }

  /** Returns undefined when no networks are configured: the engine picks one. */
  lease(): NetworkLease | undefined {
    const [first, ...others] = this.#users
    if (first === undefined) return undefined
    const [network] = others.reduce((least, next) => (next[1] < least[1] ? next : least), first)
    this.#count(network, 1)
    let isHeld = true
    return {
      network,
      release: () => {
        if (isHeld) this.#count(network, -1)
        isHeld = false
      },
    }
  }

  /** The number of leases per network. */
  get usage(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#users)
  }

  #count(network: string, change: number): void {
    this.#users.set(network, (this.#users.get(network) ?? 0) + change)
  }
}
