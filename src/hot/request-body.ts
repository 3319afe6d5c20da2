import { toChunks } from '../input.ts'
import type { TaskInput } from '../task.ts'

/** Calls back when a Node.js stream breaks, also before anybody reads it: without a listener its error would end the process. */
export function watchBody(body: TaskInput | undefined, broke: (error: unknown) => void): void {
  if (typeof body !== 'object' || !('on' in body) || typeof body.on !== 'function') return
  body.on('error', broke)
}

/** Lets go of a body that is not sent: a stream is destroyed or cancelled, an iterator is told to return. */
export function releaseBody(body: TaskInput | undefined): void {
  if (body !== undefined) void toChunks(body)[Symbol.asyncIterator]().return?.()
}
