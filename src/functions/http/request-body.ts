import { toChunks } from '../../task/input.ts'
import type { TaskInput } from '../../task/task.ts'

/** Releases a body that is not sent: a stream is destroyed or cancelled, an iterator returns. */
export function releaseBody(body: TaskInput | undefined): void {
  if (body !== undefined) void toChunks(body)[Symbol.asyncIterator]().return?.()
}
