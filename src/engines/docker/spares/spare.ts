import { randomBytes } from 'node:crypto'
import { CookietinError } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { stateOf } from '../../../utils/actors/follow-state.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'
import type { SpareKind } from '../../engine.ts'
import { within } from '../connection/deadline.ts'
import { DockerContainer } from '../container/container.ts'
import { HeldContainer } from '../container/resources/held-container.ts'
import type { LauncherVolume } from '../container/resources/launcher-volume.ts'
import type { EngineContext, NetworkSource } from '../engine-context.ts'
import { fixedOptions, withoutCommand } from '../launcher/options.ts'
import { LauncherSession } from '../launcher/session.ts'
import { createSpareActor, type SpareActor } from './spare-actor.ts'
import { readImageCommand, type SpareImage } from './spare-image.ts'

/** What the spare containers of one driver share. */
export interface SpareContext {
  readonly context: EngineContext
  readonly networks: NetworkSource
  readonly volume: LauncherVolume
  readonly inspect: Inspect | undefined
  /** Called after each change of a place's state. */
  readonly onChange: () => void
}

/** A spare container that waits for its task. */
export interface WaitingSpare {
  readonly container: DockerContainer
  readonly session: LauncherSession
  readonly image: SpareImage
  /** What its create call has fixed. */
  readonly fixed: ReadonlyMap<string, string>
  /** What it was made for. */
  readonly task: ResolvedTask
}

/** One place for a spare container. */
export class SparePlace {
  readonly #shared: SpareContext
  readonly #kind: SpareKind
  readonly #id: string
  readonly #actor: SpareActor
  readonly #held = new HeldContainer()
  #waiting: WaitingSpare | undefined
  /** What the present container is made for. */
  #made: ResolvedTask | undefined
  /** The image that a container must be of. Undefined: that of the task's image name, whichever it is. */
  #imageId: string | undefined

  constructor(id: string, kind: SpareKind, shared: SpareContext) {
    this.#id = id
    this.#kind = kind
    this.#shared = shared
    const { context, inspect, onChange } = shared
    this.#actor = createSpareActor(
      { make: signal => this.#make(signal), remove: () => this.#remove() },
      {
        id,
        inspect,
        onChange: (from, to, event, error) => {
          context.onTransition({ machine: 'spare', id, from, to, event, error })
          onChange()
        },
      },
    )
    this.#actor.start()
  }

  get state(): string {
    return stateOf(this.#actor)
  }

  /** Why no container can be made, while that keeps failing. */
  get failure(): unknown {
    return this.state === 'pausing' ? this.#actor.getSnapshot().context.error : undefined
  }

  /** The container that can be adopted. Undefined while there is none. */
  get waiting(): WaitingSpare | undefined {
    return this.state === 'free' && this.#waiting?.container.hasLostNetwork === false ? this.#waiting : undefined
  }

  /** Gives the container away: whoever takes it removes it. The place stays empty until {@link refill}. */
  adopt(): WaitingSpare | undefined {
    const { waiting } = this
    if (waiting === undefined) return undefined
    this.#held.giveAway()
    this.#waiting = undefined
    this.#made = undefined
    this.#actor.send({ type: 'adopt' })
    return waiting
  }

  /** Makes the next container. */
  refill(): void {
    this.#actor.send({ type: 'refill' })
  }

  /** Replaces a container of another image than this, also one that is being made. */
  retireUnless(imageId: string): void {
    this.#imageId = imageId
    if (this.#waiting !== undefined && this.#waiting.image.id !== imageId) this.#actor.send({ type: 'retire' })
  }

  /** Removes its container. Resolves with the names of those that may still exist. */
  close(): Promise<readonly string[]> {
    return this.#held.close(this.#actor)
  }

  async #make(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { context, networks, volume } = this.#shared
    const session = new LauncherSession()
    this.#made = (await this.#kind.make?.()) ?? this.#kind.task
    signal.throwIfAborted()
    const task = { ...this.#made, id: `${this.#id}-${randomBytes(3).toString('hex')}` }
    const launcher = { session, volume: () => volume.ensure(), isInit: false }
    const container = new DockerContainer(context, task, { networks, launcher, held: 'spare' })
    this.#held.hold(container)
    this.#waiting = undefined
    try {
      await container.check()
      const fixed = fixedOptions(container.options)
      withoutCommand(container.options)
      await container.prepare(signal)
      container.wait().then(
        () => session.fail(endedEarly(container.name)),
        error => session.fail(error),
      )
      await container.start(session.streams, session.events)
      const { startTimeout } = context.config
      await within(session.ready, startTimeout, `wait for the launcher in container ${container.name}`)
      const image = await readImageCommand(context, container.name)
      this.#waiting = { container, session, image, fixed, task }
      if (this.#imageId !== undefined) this.retireUnless(this.#imageId)
    } catch (error) {
      // The volume may have been emptied or removed.
      volume.forget()
      throw error
    }
    this.#held.whenEnded(error => this.#actor.send({ type: 'died', error }))
  }

  async #remove(): Promise<void> {
    this.#waiting = undefined
    await this.#held.remove()
    const made = this.#made
    this.#made = undefined
    if (made !== undefined) await this.#kind.unmake?.(made)
  }
}

function endedEarly(name: string): CookietinError {
  return new CookietinError('ERR_COOKIETIN_START_FAILED', `Container ${name} ended before it had taken a task`, {
    retryable: true,
  })
}
