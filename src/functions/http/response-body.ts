import type { CookietinError } from '../../errors.ts'

/** What lets a connection wait for the reader of a body. */
export interface Flow {
  pause(): void
  resume(): void
}

/** How many bytes of a body wait for its reader before the function does. */
const kept = new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 })

/** A response's body as a web stream, read at the pace of its reader. */
export class BodyStream {
  readonly readable: ReadableStream<Uint8Array>
  readonly #flow: Flow | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #isOpen = true

  /** @param onCancelled - Called when the reader cancels the rest. */
  constructor(flow: Flow | undefined, onCancelled: (reason: unknown) => void) {
    this.#flow = flow
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#flow?.resume(),
        cancel: reason => {
          this.#isOpen = false
          onCancelled(reason)
        },
      },
      kept,
    )
  }

  /** @param isLast - It is known to be the last. The connection goes on to the end of the response, which may close it. */
  push(chunk: Uint8Array, isLast: boolean): void {
    if (!this.#isOpen) return
    this.#controller?.enqueue(chunk)
    if (!isLast && (this.#controller?.desiredSize ?? 0) <= 0) this.#flow?.pause()
  }

  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#controller?.close()
  }

  /** Ends it by an error. What was not read is lost. */
  fail(error: CookietinError): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#controller?.error(error)
  }
}
