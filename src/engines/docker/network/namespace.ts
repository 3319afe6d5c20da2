import type { NamespaceInput } from '../../../../machines/types/namespace.ts'
import { stateOf } from '../../../utils/actors/follow-state.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import type { DockerContainer } from '../container/container.ts'
import { HeldContainer } from '../container/resources/held-container.ts'
import type { NetworkLease } from '../engine-context.ts'
import type { TransitionListener } from '../transitions.ts'
import { createNamespaceActor, type NamespaceActor } from './namespace-actor.ts'

/** The options of a {@link NamespaceHolder}. */
export interface NamespaceHolderOptions extends NamespaceInput {
  /** Its kind never changes. */
  readonly isFixed: boolean
  /** Decides before each container whether its namespace has no network but loopback. */
  chooseKind(self: NamespaceHolder): boolean
  /** Makes the handle of the next container. No I/O on the container. */
  container(networkless: boolean): Promise<DockerContainer>
  readonly onTransition: TransitionListener
  readonly inspect: Inspect | undefined
  /** Called after each change of its state. */
  readonly onChange: () => void
}

const noStreams = { stdin: undefined, stdout: { write: () => undefined }, stderr: { write: () => undefined } }
const noEvents = { exitSeen() {}, broken() {} }

/** Holds one network namespace of the prefork pool by a container that does nothing. */
export class NamespaceHolder {
  readonly isFixed: boolean
  readonly #actor: NamespaceActor
  #networkless = false
  readonly #held = new HeldContainer()

  constructor({ isFixed, chooseKind, container, onTransition, inspect, onChange, ...input }: NamespaceHolderOptions) {
    this.isFixed = isFixed
    const dependencies = {
      make: async (signal: AbortSignal) => {
        this.#networkless = chooseKind(this)
        await this.#make(await container(this.#networkless), signal)
      },
      remove: () => this.#held.remove(),
    }
    this.#actor = createNamespaceActor(input, dependencies, {
      inspect,
      onChange: (from, to, event, error) => {
        onTransition({ machine: 'namespace', id: input.id, from, to, event, error })
        onChange()
      },
    })
    this.#actor.start()
  }

  get state(): string {
    return stateOf(this.#actor)
  }

  /** Its namespace, or the next one, has no network but loopback. */
  get networkless(): boolean {
    return this.#networkless
  }

  /** Has its namespace made anew, if it is free. */
  retire(): void {
    this.#actor.send({ type: 'retire' })
  }

  /** Leases its namespace, which must be free. */
  lease(): NetworkLease {
    const container = this.#held.current
    if (container?.id === undefined || this.state !== 'free')
      throw new Error(`a namespace that is ${this.state} cannot be leased`)
    this.#actor.send({ type: 'lease' })
    let isHeld = true
    const isLeased = () => isHeld && this.#held.current === container && this.state === 'leased'
    return {
      network: `container:${container.id}`,
      get lost() {
        return !isLeased()
      },
      release: () => {
        // A namespace that died has been replaced. The replacement belongs to another lease.
        if (isLeased()) this.#actor.send({ type: 'release' })
        isHeld = false
      },
    }
  }

  /** Removes its containers. Resolves with the names of those that may still exist. */
  close(): Promise<readonly string[]> {
    return this.#held.close(this.#actor)
  }

  async #make(container: DockerContainer, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#held.hold(container)
    await container.prepare(signal)
    await container.start(noStreams, noEvents)
    this.#held.whenEnded(error => this.#actor.send({ type: 'died', error }))
  }
}
