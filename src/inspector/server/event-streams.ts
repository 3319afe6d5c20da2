import type { ServerResponse } from 'node:http'
import { EventStream } from './event-stream.ts'

/** How long the pages may take to hear the last of it, in ms. */
const lastWords = 500

/** Every page that listens. */
export class EventStreams {
  readonly #open = new Set<EventStream>()

  /** `closed` is called when the page is gone. */
  add(response: ServerResponse, closed: (stream: EventStream) => void = () => {}): EventStream {
    const stream = new EventStream(response)
    this.#open.add(stream)
    response.once('close', () => {
      this.#open.delete(stream)
      closed(stream)
    })
    return stream
  }

  /** Resolves when every page has taken what it was sent, or is too slow for that. */
  async end(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise(resolve => {
      timer = setTimeout(resolve, lastWords)
    })
    await Promise.race([Promise.all([...this.#open].map(stream => stream.end())), late])
    clearTimeout(timer)
  }
}
