import type { ClientRequest } from 'node:http'
import { toChunks } from '../../task/input.ts'
import type { TaskInput } from '../../task/task.ts'

/** Releases a body that is not sent: a stream is destroyed or cancelled, an iterator returns. */
export function releaseBody(body: TaskInput | undefined): void {
  if (body !== undefined) void toChunks(body)[Symbol.asyncIterator]().return?.()
}

/** Sends a body with backpressure and ends the request. Releases the body when the request has ended before. */
export async function sendChunks(chunks: AsyncIterator<Uint8Array>, request: ClientRequest): Promise<void> {
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
    if (request.destroyed) return
    if (!request.write(chunk)) await drained(request)
  }
  if (!request.destroyed) request.end()
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      request.off('drain', done).off('close', done)
      resolve()
    }
    request.on('drain', done).on('close', done)
  })
}
