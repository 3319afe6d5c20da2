import type { Link } from '../link/link.ts'
import { partsOf } from '../link/parts.ts'

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
        for (const data of partsOf(next.value)) {
          await this.#link.send('input', { type: 'data', data })
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
