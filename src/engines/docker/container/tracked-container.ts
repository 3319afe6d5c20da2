import { pause, settles } from '../../../utils/timing.ts'
import { unlessAborted, within } from '../connection/deadline.ts'
import { replyOf } from '../connection/errors.ts'
import { type CreateOptions, secretsOf } from '../create-options/create-options.ts'
import type { Room } from '../engine-context.ts'
import { createContainer } from './create.ts'
import { removeContainer } from './remove.ts'

/** How long a kill or a removal may hang before the attached stream, whose reader may be what blocks the engine, is cut. ms. */
export const wedgeTimeout = 1_000

/** What there is of one container on its engine. */
export class Existence {
  readonly #room: Room
  readonly #name: string
  readonly #options: CreateOptions
  #id: string | undefined
  /** The call that the engine may still act upon, though its caller has given up. It never rejects. */
  #creating: Promise<unknown> | undefined
  #mayExist = false
  #letGoOfImage: () => void = () => {}
  readonly #abandoned = new AbortController()

  constructor(room: Room, name: string, options: CreateOptions) {
    this.#room = room
    this.#name = name
    this.#options = options
  }

  get id(): string | undefined {
    return this.#id
  }
  /** The creation that is or was under way. */
  get creating(): Promise<unknown> | undefined {
    return this.#creating
  }
  /** Aborted by {@link abandon}. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal
  }

  async create(signal: AbortSignal): Promise<void> {
    const doing = `create container ${this.#name}`
    const created = createContainer(this.#room, {
      name: this.#name,
      options: this.#options,
      secrets: secretsOf(this.#options),
      abandoned: this.#abandoned.signal,
    }).then(id => {
      this.#id = id
      this.#letGoOfImage = this.#room.cleaner.hold(this.#options.Image)
    })
    this.#mayExist = true
    this.#creating = created.catch(error => {
      // A refusal is no container. A name conflict is another's: what we did not make is not ours to remove.
      this.#mayExist = replyOf(error) === undefined
    })
    await unlessAborted(within(created, this.#room.config.startTimeout, doing), signal, doing)
  }

  /** From now on calls that take too long are only looked after. */
  abandon(): void {
    this.#abandoned.abort()
  }

  /** Removes whatever exists, once its creation has come to an end; `wedged` is called when that hangs. */
  async remove(wedged: () => void): Promise<void> {
    await this.#creating
    if (!this.#mayExist) return
    const remove = () =>
      removeContainer(this.#room, this.#id ?? this.#name, this.#name, this.#room.config.engineTimeout)
    const removed = remove()
    if (!(await settles(removed, wedgeTimeout))) wedged()
    await removed
    this.#letGoOfImage()
    // An engine that wakes up may act on a create after the removal that came behind it.
    if (this.#abandoned.signal.aborted && this.#id === undefined) await pause(wedgeTimeout).then(remove)
  }
}
