import type { IncomingMessage } from 'node:http'
import type { CookietinError } from '../../errors.ts'

/** What a body is bounded by, and whom it tells of its end. */
export interface BodyOptions {
  /** Bytes. */
  readonly limit: number
  readonly tooLarge: () => void
  /** The caller does not want the rest. */
  readonly cancelled: (reason: unknown) => void
  /** Why the response broke, once it has. */
  readonly failure: () => CookietinError | undefined
}

/** A response's body as a web stream, read no faster than its reader takes it. */
export function bodyStream(response: IncomingMessage, options: BodyOptions): ReadableStream<Uint8Array> {
  let size = 0
  let open = true
  return new ReadableStream<Uint8Array>({
    start(controller) {
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > options.limit) {
          options.tooLarge()
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
        controller.error(options.failure() ?? new Error('the response was cut'))
      })
    },
    pull() {
      response.resume()
    },
    cancel(reason) {
      open = false
      options.cancelled(reason)
    },
  })
}
