import type { ActorDetails } from '../../protocol.ts'

/** How often an actor is asked for anew while it changes, in ms. */
const refreshAfter = 400

/** Asks the inspector for all of one actor, one question at a time. */
export class DetailsFetcher {
  readonly #next: () => ((details: ActorDetails | undefined) => void) | undefined
  readonly #keyOf: () => number | undefined
  #asking = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `keyOf` names the actor that is wanted; `next` gives who takes the answer, or undefined where there is nothing to ask. */
  constructor(keyOf: () => number | undefined, next: () => ((details: ActorDetails | undefined) => void) | undefined) {
    this.#keyOf = keyOf
    this.#next = next
  }

  /** Asks in a while: an actor that changes is not asked for with each step. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.ask()
    }, refreshAfter)
  }

  async ask(): Promise<void> {
    const key = this.#keyOf()
    if (key === undefined || this.#asking) return
    const take = this.#next()
    if (take === undefined) return
    this.#asking = true
    try {
      const response = await fetch(`actors/${key}`)
      take(response.ok ? ((await response.json()) as ActorDetails) : undefined)
    } catch {
      // The connection's own loss tells.
    } finally {
      this.#asking = false
      if (key !== this.#keyOf()) void this.ask()
    }
  }
}
