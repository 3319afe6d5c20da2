import { CookietinError, messageOf } from '../../errors.ts'
import { backoff } from '../../utils/timing.ts'

/** Removes one container. Rejects while it may still exist. */
export type Removal = () => Promise<void>

/** From so many attempts in a row on, the pause between two does not grow. */
const mostAttempts = 10
/** How much longer the pauses are than those between two calls. */
const patience = 10

/**
 * The containers of one engine that could not be removed when they should have been. Their removal is tried again while
 * the process lives: after pauses, when the engine is known to be well, and at the end.
 */
export class Leftovers {
  readonly #removals = new Map<string, Removal>()
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #attempts = 0
  #closed = false

  /** The names of the containers that may exist. */
  get names(): readonly string[] {
    return [...this.#removals.keys()]
  }

  add(name: string, removal: Removal): void {
    this.#removals.set(name, removal)
    this.#schedule()
  }

  delete(name: string): void {
    this.#removals.delete(name)
  }

  /** Resolves once no container of this name is left over. */
  async remove(name: string): Promise<void> {
    await this.#removals.get(name)?.()
    this.delete(name)
  }

  /** Tries again at once: the engine has just carried something out. */
  engineIsWell(): void {
    if (this.#removals.size === 0 || this.#closed || this.#sweeping !== undefined) return
    this.#attempts = 0
    void this.#sweep()
  }

  /**
   * Tries for a last time.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`, with the containers that may still exist.
   */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#sweeping
    const failures = await Promise.all(this.names.map(name => this.remove(name).then(() => undefined, toError)))
    const { names } = this
    if (names.length === 0) return
    const cause = failures.find(failure => failure !== undefined)
    const reason = messageOf((cause as Error | undefined)?.cause ?? cause)
    throw new CookietinError(
      'ERR_COOKIETIN_NOT_CLEANED',
      `${names.join(', ')} may still exist: ${reason}. \`cookietin gc\` finds them once this process is gone`,
      { leaked: names, cause },
    )
  }

  #schedule(): void {
    if (this.#closed || this.#removals.size === 0 || this.#timer !== undefined) return
    this.#attempts = Math.min(this.#attempts + 1, mostAttempts)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#sweep()
    }, backoff(this.#attempts) * patience).unref()
  }

  #sweep(): Promise<void> {
    this.#sweeping ??= this.#removeEach().finally(() => {
      this.#sweeping = undefined
      this.#schedule()
    })
    return this.#sweeping
  }

  /** One after the other. An engine that fails one removal is left alone for a while. */
  async #removeEach(): Promise<void> {
    for (const name of this.names) {
      if (this.#closed) return
      try {
        await this.remove(name)
      } catch {
        return
      }
    }
  }
}

const toError = (error: unknown) => error
