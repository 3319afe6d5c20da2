import { pause, settles } from '../../../utils/timing.ts'
import { unlessAborted, within } from '../connection/deadline.ts'
import { replyOf } from '../connection/errors.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import type { EngineContext } from '../engine-context.ts'
import { createContainer } from './create.ts'
import { removeContainer } from './remove.ts'

/**
 * A kill or a removal that hangs this long (ms) makes the caller cut the attached stream: its reader may be blocking
 * the engine (moby#41827).
 */
export const hangTimeout = 1_000

/** The options of a {@link TrackedContainer}. */
export interface TrackedContainerOptions {
  readonly name: string
  readonly options: CreateOptions
  /** Returns the values to mask in errors. */
  readonly secrets: () => readonly string[]
}

/** Knows whether a container may exist on its engine, also while the reply of its creation is still awaited. */
export class TrackedContainer {
  readonly #context: EngineContext
  readonly #name: string
  readonly #options: CreateOptions
  readonly #secrets: () => readonly string[]
  #id: string | undefined
  /** The create call, which the engine may still carry out after its caller has given up. It never rejects. */
  #creating: Promise<void> | undefined
  #mayExist = false
  #releaseImage: () => void = () => {}
  readonly #abandoned = new AbortController()

  constructor(context: EngineContext, { name, options, secrets }: TrackedContainerOptions) {
    this.#context = context
    this.#name = name
    this.#options = options
    this.#secrets = secrets
  }

  get id(): string | undefined {
    return this.#id
  }
  /** The latest creation. It never rejects. */
  get creating(): Promise<void> | undefined {
    return this.#creating
  }
  /** Aborted by {@link abandon}. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal
  }

  async create(signal: AbortSignal): Promise<void> {
    const doing = `create container ${this.#name}`
    const created = createContainer(this.#context, {
      name: this.#name,
      options: this.#options,
      secrets: this.#secrets(),
      abandoned: this.#abandoned.signal,
    }).then(id => {
      this.#id = id
      this.#releaseImage = this.#context.cleaner.hold(this.#options.Image)
    })
    this.#mayExist = true
    this.#creating = created.catch(error => {
      // An error reply means that no container was made. After a name conflict the container belongs to another
      // process.
      this.#mayExist = replyOf(error) === undefined
    })
    await unlessAborted(within(created, this.#context.config.startTimeout, doing), signal, doing)
  }

  /** Stops waiting for calls that take too long. From now on the engine is only asked what became of them. */
  abandon(): void {
    this.#abandoned.abort()
  }

  /** Removes the container once its creation has settled. `onHang` is called when the removal hangs. */
  async remove(onHang: () => void): Promise<void> {
    await this.#creating
    if (!this.#mayExist) return
    const remove = () =>
      removeContainer(this.#context, {
        id: this.#id,
        name: this.#name,
        budget: this.#context.config.engineTimeout,
      })
    const removed = remove()
    if (!(await settles(removed, hangTimeout))) onHang()
    await removed
    this.#releaseImage()
    // An engine that wakes up may carry out a create call after the removal that followed it.
    if (this.#abandoned.signal.aborted && this.#id === undefined) await pause(hangTimeout).then(remove)
  }
}
