import type { IncomingMessage } from 'node:http'
import type { CookietinError } from '../../errors.ts'

/** Bounds and callbacks of a response's body. */
export interface BodyOptions {
  /** Bytes. */
  readonly limit: number
  readonly onTooLarge: () => void
  /** The caller has cancelled the rest. */
  readonly onCancelled: (reason: unknown) => void
  /** Resolves with why the response broke, after it has. */
  readonly failure: () => Promise<CookietinError>
}

/** A response's body as a web stream, read at the pace of its reader. */
export function bodyStream(response: IncomingMessage, options: BodyOptions): ReadableStream<Uint8Array> {
  let size = 0
  let open = true
  return new ReadableStream<Uint8Array>({
    start(controller) {
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > options.limit) {
          options.onTooLarge()
          return
        }
        controller.enqueue(chunk)
        if ((controller.desiredSize ?? 0) <= 0) response.pause()
      })
      response.on('end', () => {
        if (!open || !response.complete) return
        open = false
        controller.close()
      })
      response.on('close', () => {
        if (!open) return
        open = false
        void options.failure().then(error => controller.error(error))
      })
    },
    pull() {
      response.resume()
    },
    cancel(reason) {
      open = false
      options.onCancelled(reason)
    },
  })
}
