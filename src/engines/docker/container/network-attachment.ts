import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { replyOf } from '../connection/errors.ts'
import { type CreateOptions, useNetwork } from '../create-options/create-options.ts'
import type { NetworkLease, NetworkSource } from '../engine-context.ts'

/** Messages of the engine and its runtimes for a start that joins the namespace of a container that has ended. */
const lostNamespace =
  /cannot join network of a non running container|namespace path: |join(?:ing)? (?:network )?namespace|get final child's PID from pipe/i

/** The network or shared namespace that a container is attached to. */
export class NetworkAttachment {
  readonly #networks: NetworkSource
  readonly #task: ResolvedTask
  readonly #options: CreateOptions
  #lease: NetworkLease | undefined
  /** The options before the first lease, to be restored for the next one. */
  #original: { readonly network: string | undefined; readonly hostname: string | undefined } | undefined
  /** No lease is taken from now on. */
  #closed = false

  /** `options` are changed in place. */
  constructor(networks: NetworkSource, task: ResolvedTask, options: CreateOptions) {
    this.#networks = networks
    this.#task = task
    this.#options = options
  }

  /** Picks a network, unless the options name one. */
  attach(): void {
    if (this.#closed) return
    const { NetworkMode: network } = this.#options.HostConfig
    if (network !== undefined && network !== 'none') return
    this.#original = { network, hostname: this.#options.Hostname }
    this.#lease = this.#networks.lease(this.#task, network === 'none')
    if (this.#lease !== undefined) useNetwork(this.#options, this.#lease.network)
  }

  /** True for a namespace of the prefork pool. */
  get isShared(): boolean {
    return this.#lease?.lost !== undefined
  }

  /** True when the namespace to join is gone. */
  get isLost(): boolean {
    return this.#lease?.lost === true
  }

  /** True when a start failed because the namespace to join is gone. */
  isLostNamespace(error: unknown): boolean {
    const said = replyOf(error)?.said
    if (said === undefined || this.#lease?.lost === undefined) return false
    const holder = this.#lease.network.replace('container:', '')
    return this.isLost || lostNamespace.test(said) || said.toLowerCase().includes(`no such container: ${holder}`)
  }

  /** Releases the present network and picks another. */
  reattach(): void {
    this.release()
    const { network, hostname } = this.#original ?? {}
    if (network === undefined) delete this.#options.HostConfig.NetworkMode
    else this.#options.HostConfig.NetworkMode = network
    if (hostname !== undefined) this.#options.Hostname = hostname
    this.attach()
  }

  release(): void {
    this.#lease?.release()
  }

  /** Releases the present network. Later calls of {@link attach} do nothing. */
  close(): void {
    this.#closed = true
    this.release()
  }
}
