import type { ServerResponse } from 'node:http'
import type { Audience } from '../tracking/hub.ts'

/** How many bytes may wait for a page before it counts as behind. */
const mostWaiting = 4 * 1024 * 1024

/** How long a page waits before it connects again, in ms. */
const retryAfter = 1_000

/** A page that listens by server-sent events. */
export class EventStream implements Audience {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(`retry: ${retryAfter}\n\n`)
  }

  send(json: string): void {
    this.#response.write(`data: ${json}\n\n`)
  }

  /** Resolves when the page has taken all that was sent, or is gone. */
  async end(): Promise<void> {
    if (this.#response.destroyed) return
    await new Promise<void>(resolve => {
      this.#response.once('close', resolve)
      this.#response.end(resolve)
    })
  }

  get isBehind(): boolean {
    return this.#response.writableLength > mostWaiting
  }

  whenCaughtUp(callback: () => void): void {
    this.#response.once('drain', callback)
  }
}
