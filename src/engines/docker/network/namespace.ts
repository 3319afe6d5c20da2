import type { NamespaceInput } from '../../../../machines/namespace-types.ts'
import { stateOf } from '../../../utils/actors/follow-state.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import type { DockerContainer } from '../container/container.ts'
import type { NetworkLease } from '../network-source.ts'
import type { MovedListener } from '../transitions.ts'
import { createNamespaceActor, type NamespaceActor } from './namespace-actor.ts'

/** How a holder gets its containers, and who follows its changes. */
export interface NamespaceHolderOptions extends NamespaceInput {
  /** Its namespaces have no network but loopback. */
  readonly networkless: boolean
  /** A handle of the container that is next; no I/O. */
  container(): Promise<DockerContainer>
  readonly moved: MovedListener
  readonly inspect: Inspect | undefined
  /** Called after each change. */
  readonly changed: () => void
}

const silent = { stdin: undefined, stdout: { write: () => undefined }, stderr: { write: () => undefined } }
const unheard = { exitSeen() {}, broken() {} }

/** One holder of the pool: its machine, and the container that the machine has made last. */
export class NamespaceHolder {
  readonly networkless: boolean
  readonly #actor: NamespaceActor
  #container: DockerContainer | undefined
  /** Containers that could not be removed. */
  readonly #left = new Set<DockerContainer>()

  constructor({ networkless, container, moved, inspect, changed, ...input }: NamespaceHolderOptions) {
    this.networkless = networkless
    const parts = {
      make: async (signal: AbortSignal) => await this.#make(await container(), signal),
      remove: () => this.#remove(),
    }
    this.#actor = createNamespaceActor(
      input,
      parts,
      (from, to, event, error) => {
        moved({ machine: 'namespace', id: input.id, from, to, event, error })
        changed()
      },
      inspect,
    )
    this.#actor.start()
  }

  get state(): string {
    return stateOf(this.#actor)
  }

  /** Takes its namespace, which must be free. */
  lease(): NetworkLease {
    const container = this.#container
    if (container?.id === undefined || this.state !== 'free')
      throw new Error(`a namespace that is ${this.state} was leased`)
    this.#actor.send({ type: 'lease' })
    let held = true
    const isHolder = () => held && this.#container === container && this.state === 'leased'
    return {
      network: `container:${container.id}`,
      get lost() {
        return !isHolder()
      },
      release: () => {
        // A namespace that died has been replaced meanwhile: what there is now is another's.
        if (isHolder()) this.#actor.send({ type: 'release' })
        held = false
      },
    }
  }

  /** Removes what there is; gives the names of what may be left. */
  async close(): Promise<readonly string[]> {
    const closed = new Promise<void>(resolve => this.#actor.subscribe({ complete: resolve }))
    this.#actor.send({ type: 'close' })
    if (this.#actor.getSnapshot().status !== 'done') await closed
    const last = [...this.#left]
    const removed = await Promise.allSettled(last.map(container => container.remove()))
    return last.filter((_, index) => removed[index]?.status === 'rejected').map(({ name }) => name)
  }

  async #make(container: DockerContainer, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#container = container
    await container.prepare(signal)
    await container.start(silent, unheard)
    const died = (error?: unknown) => {
      if (this.#container === container) this.#actor.send({ type: 'died', error })
    }
    container.wait().then(() => died(), died)
  }

  async #remove(): Promise<void> {
    const container = this.#container
    if (container === undefined) return
    try {
      await container.remove()
      this.#left.delete(container)
    } catch (error) {
      this.#left.add(container)
      throw error
    }
  }
}
