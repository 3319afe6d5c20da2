import type { DockerContainer } from '../container.ts'

/** The actor of a place in a pool. */
interface PlaceActor {
  send(event: { readonly type: 'close' }): void
  subscribe(observer: { readonly complete: () => void }): unknown
  getSnapshot(): { readonly status: string }
}

/** The container that a place in a pool holds ready: one after the other. */
export class HeldContainer {
  #current: DockerContainer | undefined
  /** Containers that could not be removed. */
  readonly #notRemoved = new Set<DockerContainer>()

  get current(): DockerContainer | undefined {
    return this.#current
  }

  /** Holds the next container, before it is made. */
  hold(container: DockerContainer): void {
    this.#current = container
  }

  /** Gives the container away: whoever takes it removes it. */
  giveAway(): void {
    this.#current = undefined
  }

  /** Calls back when the present container ends while it is held. */
  whenEnded(onEnded: (error?: unknown) => void): void {
    const container = this.#current
    const ended = (error?: unknown) => {
      if (this.#current === container) onEnded(error)
    }
    container?.wait().then(() => ended(), ended)
  }

  async remove(): Promise<void> {
    const container = this.#current
    if (container === undefined) return
    try {
      await container.remove()
      this.#notRemoved.delete(container)
    } catch (error) {
      this.#notRemoved.add(container)
      throw error
    }
  }

  /** Ends the place, which removes its container. Resolves with the names of those that may still exist. */
  async close(place: PlaceActor): Promise<readonly string[]> {
    const closed = new Promise<void>(resolve => place.subscribe({ complete: resolve }))
    place.send({ type: 'close' })
    if (place.getSnapshot().status !== 'done') await closed
    const rest = [...this.#notRemoved]
    const removed = await Promise.allSettled(rest.map(container => container.remove()))
    return rest.filter((_, index) => removed[index]?.status === 'rejected').map(({ name }) => name)
  }
}
