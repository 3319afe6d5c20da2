import type { Message } from '../../protocol.ts'

/** How long the page waits before it looks for an inspector that is gone, in ms. */
const retryAfter = 1_000

/** Listens to the inspector, and looks for it again for ever where it is gone. */
export class Connection {
  readonly #take: (message: Message) => void
  readonly #lost: () => void
  #source: EventSource | undefined

  constructor(take: (message: Message) => void, lost: () => void) {
    this.#take = take
    this.#lost = lost
  }

  /** Connects anew: all is told from the start. */
  open(): void {
    this.#source?.close()
    const source = new EventSource('events')
    this.#source = source
    source.onmessage = ({ data }) => this.#take(JSON.parse(data as string) as Message)
    source.onerror = () => {
      if (this.#source !== source) return
      source.close()
      setTimeout(() => this.#source === source && this.open(), retryAfter)
      this.#lost()
    }
  }
}
