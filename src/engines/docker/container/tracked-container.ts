import { CookietinError } from '../../../errors.ts'
import { noLongerNeeded, onAbort } from '../../../utils/abort.ts'
import { redact } from '../../../utils/redact.ts'
import { settles } from '../../../utils/timing.ts'
import { unlessAborted, within } from '../connection/deadline.ts'
import { isUnreached, replyOf } from '../connection/errors.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import type { EngineContext } from '../engine-context.ts'
import { type Creation, claimContainer, createContainer } from './create.ts'
import { removeContainer } from './remove.ts'

/**
 * A kill or a removal that hangs this long (ms) makes the caller cut the attached stream: its reader may be blocking
 * the engine (moby#41827).
 */
export const hangTimeout = 1_000

/** The options of a {@link TrackedContainer}. */
export interface TrackedContainerOptions {
  readonly name: string
  /** The id of the cookie. */
  readonly taskId: string
  readonly options: CreateOptions
  readonly platform?: string | undefined
  /** Returns the values to mask in errors. */
  readonly secrets: () => readonly string[]
}

/** Knows whether a container may exist on its engine, also while the reply of its creation is still awaited. */
export class TrackedContainer {
  readonly #context: EngineContext
  readonly #name: string
  readonly #taskId: string
  readonly #options: CreateOptions
  readonly #platform: string | undefined
  readonly #secrets: () => readonly string[]
  #id: string | undefined
  /** The create call, which the engine may still carry out after its caller has given up. It never rejects. */
  #creating: Promise<void> | undefined
  #isCreating = false
  #mayExist = false
  #releaseImage: () => void = () => {}
  readonly #ending = new AbortController()
  readonly #abandoned = new AbortController()

  constructor(context: EngineContext, { name, taskId, options, platform, secrets }: TrackedContainerOptions) {
    this.#context = context
    this.#name = name
    this.#taskId = taskId
    this.#options = options
    this.#platform = platform
    this.#secrets = secrets
  }

  get id(): string | undefined {
    return this.#id
  }
  /** The latest creation. It never rejects. */
  get creating(): Promise<void> | undefined {
    return this.#creating
  }
  /** Aborted by {@link end}. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }
  /** Aborted by {@link abandon}. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal
  }

  async create(signal: AbortSignal): Promise<void> {
    const { leftovers, cleaner, config } = this.#context
    await this.#clearName()
    const doing = `create container ${this.#name}`
    const created = createContainer(this.#context, this.#creation()).then(id => {
      this.#id = id
      this.#releaseImage = cleaner.hold(this.#options.Image)
      leftovers.engineIsWell()
    })
    this.#id = undefined
    this.#mayExist = true
    this.#isCreating = true
    this.#creating = created
      .catch(error => {
        // An error reply means that no container was made. After a name conflict the container belongs to another
        // process.
        this.#mayExist = replyOf(error) === undefined && !isUnreached(error)
      })
      .finally(() => {
        this.#isCreating = false
      })
    const release = onAbort(signal, () => this.end())
    try {
      await unlessAborted(within(created, config.startTimeout, doing, [this.#name]), signal, doing)
    } finally {
      release()
    }
  }

  #creation(): Creation {
    return {
      name: this.#name,
      options: this.#options,
      platform: this.#platform,
      secrets: this.#secrets(),
      warn: text => this.#context.warnings.report(this.#taskId, redact(text, this.#secrets())),
      ending: this.#ending.signal,
    }
  }

  /** An earlier run of the same id may have left its container. */
  async #clearName(): Promise<void> {
    const { leftovers } = this.#context
    if (!leftovers.names.includes(this.#name)) return
    try {
      await leftovers.remove(this.#name)
    } catch (cause) {
      throw new CookietinError(
        'ERR_COOKIETIN_NAME_CONFLICT',
        `Could not create container ${this.#name}: that of an earlier run of the same id could not be removed yet`,
        { cause, retryable: true },
      )
    }
  }

  /** Calls that have not reached the engine are not repeated from now on. */
  end(): void {
    this.#ending.abort(noLongerNeeded)
  }

  /** Stops waiting for calls that take too long. */
  abandon(): void {
    this.#abandoned.abort()
  }

  /**
   * Removes the container once its creation has settled. `onHang` is called when the removal hangs. What cannot be
   * removed is left to the engine's {@link Leftovers}.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED` when it may still exist, or may yet be made.
   */
  async remove(onHang: () => void): Promise<void> {
    if (!this.#abandoned.signal.aborted) await this.#creating
    if (!this.#mayExist) return
    const { leftovers } = this.#context
    const removed = this.#remove()
    if (!(await settles(removed, hangTimeout))) onHang()
    try {
      await removed
    } catch (error) {
      leftovers.add(this.#name, () => this.#remove())
      // A creation that is still under way may end at any time.
      if (this.#isCreating) void this.#creating?.then(() => leftovers.remove(this.#name).catch(() => {}))
      throw error
    }
    leftovers.delete(this.#name)
    leftovers.engineIsWell()
  }

  async #remove(): Promise<void> {
    if (!this.#mayExist) return
    const isRemoved = await this.#removeOnce()
    // The engine carries a create call out whether or not its caller waits.
    if (!isRemoved && this.#isCreating) throw this.#stillCreating()
    if (!isRemoved && this.#id === undefined && (await this.#claim())) await this.#removeOnce()
    this.#mayExist = false
    this.#releaseImage()
  }

  /** Resolves with false when the engine does not know it. */
  #removeOnce(): Promise<boolean> {
    const { engineTimeout: budget } = this.#context.config
    return removeContainer(this.#context, { id: this.#id, name: this.#name, budget })
  }

  /** The reply of its creation never came, so it may yet be made. Resolves with false when it cannot be made. */
  async #claim(): Promise<boolean> {
    try {
      this.#id = await claimContainer(this.#context, this.#creation(), this.#stillCreating())
      return true
    } catch (error) {
      if (replyOf(error) === undefined) throw error
      return false
    }
  }

  #stillCreating(): CookietinError {
    return new CookietinError(
      'ERR_COOKIETIN_NOT_CLEANED',
      `Container ${this.#name} may yet be made: the engine has not answered its creation. It is removed then, while this process lives; after that by \`cookietin gc\``,
      { leaked: [this.#name], retryable: true },
    )
  }
}
