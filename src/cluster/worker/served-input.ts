import type { Link, Message } from '../link/link.ts'
import { MessageQueue } from '../link/message-queue.ts'

/** The input of a task as its host reads it: it is asked for when the container reads it first. */
export class ServedInput implements AsyncIterable<Uint8Array> {
  readonly #link: Link
  readonly #queue = new MessageQueue()

  constructor(link: Link) {
    this.#link = link
  }

  put(message: Message): Promise<void> | undefined {
    return this.#queue.put(message)
  }

  close(): void {
    this.#queue.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    let isOver = false
    void this.#link.send('control', { type: 'readInput' })
    try {
      for (;;) {
        const message = await this.#queue.take()
        if (message === undefined || message.type === 'end') {
          isOver = message !== undefined
          // The submitter is gone. A part of the input must not be taken for the whole.
          if (message === undefined) await new Promise(() => {})
          return
        }
        if (message.data !== undefined) yield message.data
      }
    } finally {
      if (!isOver) {
        void this.#link.send('control', { type: 'stopInput' })
        this.#queue.close()
      }
    }
  }
}
