import type { ResolvedTask } from '../../../task/task.ts'
import { replyOf } from '../connection/errors.ts'
import { type CreateOptions, useNetwork } from '../create-options/create-options.ts'
import type { NetworkLease, Room } from '../engine-context.ts'

/** What the engine, or the runtime below it, says when a container is to join the namespace of one that has ended. */
const joinedTheDead =
  /cannot join network of a non running container|namespace path: |join(?:ing)? (?:network )?namespace|get final child's PID from pipe/i

/** Where on the network one container is. */
export class Berth {
  readonly #networks: Room['networks']
  readonly #task: ResolvedTask
  readonly #options: CreateOptions
  #lease: NetworkLease | undefined
  /** As before a lease; undefined: none was taken. */
  #before: { readonly network: string | undefined; readonly hostname: string | undefined } | undefined
  /** Nothing is taken any more. */
  #closed = false

  constructor(networks: Room['networks'], task: ResolvedTask, options: CreateOptions) {
    this.#networks = networks
    this.#task = task
    this.#options = options
  }

  /** Picks a network, unless the options name one by now. */
  take(): void {
    if (this.#closed) return
    const { NetworkMode: network } = this.#options.HostConfig
    if (network !== undefined && network !== 'none') return
    this.#before = { network, hostname: this.#options.Hostname }
    this.#lease = this.#networks.lease(this.#task, network === 'none')
    if (this.#lease !== undefined) useNetwork(this.#options, this.#lease.network)
  }

  /** True in a namespace that is held ready for it. */
  get isShared(): boolean {
    return this.#lease?.lost !== undefined
  }

  /** True when the namespace that it was to join is no more. */
  get isLost(): boolean {
    return this.#lease?.lost === true
  }

  /** True when a start failed for want of the namespace. */
  wasLostBy(error: unknown): boolean {
    const text = replyOf(error)?.text
    if (text === undefined || this.#lease?.lost === undefined) return false
    const holder = this.#lease.network.replace('container:', '')
    return this.isLost || joinedTheDead.test(text) || text.toLowerCase().includes(`no such container: ${holder}`)
  }

  /** Gives up the present one and picks another. */
  change(): void {
    this.release()
    const { network, hostname } = this.#before ?? {}
    if (network === undefined) delete this.#options.HostConfig.NetworkMode
    else this.#options.HostConfig.NetworkMode = network
    if (hostname !== undefined) this.#options.Hostname = hostname
    this.take()
  }

  release(): void {
    this.#lease?.release()
  }

  /** Gives up the present one, and takes none any more, whatever is still under way. */
  close(): void {
    this.#closed = true
    this.release()
  }
}
