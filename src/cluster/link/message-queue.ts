import type { Message } from './link.ts'

/** Messages of one lane on their way to a reader, which takes one after the other. The next one comes when one was taken. */
export class MessageQueue {
  #message: { readonly message: Message; readonly taken: () => void } | undefined
  #reader: ((message: Message | undefined) => void) | undefined
  #isClosed = false

  /** Gives a message to the reader. Resolves when it is taken. */
  put(message: Message): Promise<void> | undefined {
    if (this.#isClosed) return undefined
    if (this.#reader !== undefined) {
      const reader = this.#reader
      this.#reader = undefined
      reader(message)
      return undefined
    }
    return new Promise(taken => {
      this.#message = { message, taken }
    })
  }

  /** Takes the next message. Resolves with undefined when none will come. */
  take(): Promise<Message | undefined> {
    const waiting = this.#message
    this.#message = undefined
    if (waiting !== undefined) {
      waiting.taken()
      return Promise.resolve(waiting.message)
    }
    if (this.#isClosed) return Promise.resolve(undefined)
    return new Promise(resolve => {
      this.#reader = resolve
    })
  }

  /** Drops what comes from now on. */
  close(): void {
    this.#isClosed = true
    this.#message?.taken()
    this.#message = undefined
    this.#reader?.(undefined)
    this.#reader = undefined
  }
}
