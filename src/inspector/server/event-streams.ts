import type { ServerResponse } from 'node:http'
import { settles } from '../../utils/timing.ts'
import type { Audience } from '../tracking/hub.ts'

/** A page is behind when more than this would be buffered for it, in bytes. It always gets one message more. */
const maxBuffered = 4 * 1024 * 1024

/** Delay before a page reconnects, in ms. */
const reconnectDelay = 1_000

/** How long `end` waits for the pages to receive what is buffered, in ms. */
const endTimeout = 500

/** A page that is connected by server-sent events. */
export class EventStream implements Audience {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.write(`retry: ${reconnectDelay}\n\n`)
  }

  send(json: Uint8Array): void {
    // In parts: a text of its own for each page would be held as often as there are pages.
    this.#response.cork()
    this.#response.write('data: ')
    this.#response.write(json)
    this.#response.write('\n\n')
    this.#response.uncork()
  }

  /** Resolves when the page has received everything, or has disconnected. */
  async end(): Promise<void> {
    if (this.#response.destroyed) return
    await new Promise<void>(resolve => {
      this.#response.once('close', resolve)
      this.#response.end(resolve)
    })
  }

  hasRoomFor(bytes: number): boolean {
    const { writableNeedDrain, writableLength } = this.#response
    return !writableNeedDrain || writableLength + bytes <= maxBuffered
  }

  whenCaughtUp(callback: () => void): void {
    this.#response.once('drain', callback)
  }
}

/** The streams of all connected pages. */
export class EventStreams {
  readonly #open = new Set<EventStream>()

  /** Makes a stream of a response whose headers are sent. `onClose` is called when the page has disconnected. */
  add(response: ServerResponse, onClose: (stream: EventStream) => void = () => {}): EventStream {
    const stream = new EventStream(response)
    this.#open.add(stream)
    response.once('close', () => {
      this.#open.delete(stream)
      onClose(stream)
    })
    return stream
  }

  /** Ends every stream. Resolves when the pages have received everything, and after 500 ms at the latest. */
  async end(): Promise<void> {
    await settles(Promise.all([...this.#open].map(stream => stream.end())), endTimeout)
  }
}
