import type { ActorDetails } from '../../protocol.ts'

/** How often the details of an actor are fetched while it changes, in ms. */
const refreshAfter = 400

/** Fetches the details of the selected actor, one request at a time. */
export class DetailsFetcher {
  readonly #next: () => ((details: ActorDetails | undefined) => void) | undefined
  readonly #keyOf: () => number | undefined
  #fetching = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * `keyOf` returns the selected actor's key, and `next` a callback for its details, or undefined where none are
   * needed.
   */
  constructor(keyOf: () => number | undefined, next: () => ((details: ActorDetails | undefined) => void) | undefined) {
    this.#keyOf = keyOf
    this.#next = next
  }

  /** Fetches after a delay, so that not every step causes a request. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.fetch()
    }, refreshAfter)
  }

  async fetch(): Promise<void> {
    const key = this.#keyOf()
    if (key === undefined || this.#fetching) return
    const take = this.#next()
    if (take === undefined) return
    this.#fetching = true
    try {
      const response = await fetch(`actors/${key}`)
      take(response.ok ? ((await response.json()) as ActorDetails) : undefined)
    } catch {
      // The connection reports its own loss.
    } finally {
      this.#fetching = false
      if (key !== this.#keyOf()) void this.fetch()
    }
  }
}
