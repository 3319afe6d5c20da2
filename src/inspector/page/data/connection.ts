import type { Message } from '../../protocol.ts'

/** How long the page waits before it connects again, in ms. */
const retryAfter = 1_000

/** A connection to the inspector, which connects again whenever it is lost. */
export class Connection {
  readonly #take: (message: Message) => void
  readonly #lost: () => void
  #source: EventSource | undefined

  constructor(take: (message: Message) => void, lost: () => void) {
    this.#take = take
    this.#lost = lost
  }

  /** Connects anew. The inspector sends a snapshot first. */
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
