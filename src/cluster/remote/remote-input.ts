import type { Link } from '../link/link.ts'

/** Sends a task's input to its host, when it asks for it. */
export class RemoteInput {
  readonly #link: Link
  readonly #source: AsyncIterator<Uint8Array> | undefined
  readonly #broken: (error: Error) => void
  #isStarted = false
  #isOver = false

  constructor(link: Link, source: AsyncIterable<Uint8Array> | undefined, broken: (error: Error) => void) {
    this.#link = link
    this.#source = source?.[Symbol.asyncIterator]()
    this.#broken = broken
  }

  /** Sends it to its end. Further calls do nothing. */
  async start(): Promise<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    try {
      for (;;) {
        const next = await this.#source?.next()
        if (this.#isOver) return
        if (next === undefined || next.done) break
        const { value } = next
        // A packet is bounded.
        for (let at = 0; at < value.length; at += 65_536) {
          await this.#link.send('input', { type: 'data', data: value.subarray(at, at + 65_536) })
          if (this.#isOver) return
        }
      }
      void this.#link.send('input', { type: 'end' })
    } catch (error) {
      if (!this.#isOver) this.#broken(error instanceof Error ? error : new Error(String(error)))
    }
    this.#isOver = true
  }

  /** Releases the source. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    void (async () => this.#source?.return?.())().catch(() => {})
  }
}
