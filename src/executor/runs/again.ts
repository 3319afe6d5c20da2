import { hasStreams } from '../../cookie/streams.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'

/** How much of inputs and files is kept to run a task again, in bytes or characters. */
const mostKept = 64 * 1024

/**
 * What runs a task again, for an inspector: it returns the id of the new run. Undefined for a task that can be read only once, whose output goes
 * to streams of its caller, or that would keep much in memory.
 */
export function againOf(task: ResolvedTask, run: (id: string) => void): (() => string) | undefined {
  const sizes = [task.input, ...task.files.map(({ content }) => content)].map(sizeOf)
  const size = sizes.reduce((sum, size) => sum + size, 0)
  if (hasStreams(task) || size > mostKept) return undefined
  // An id has at most 128 characters.
  const base = task.id.replace(/\.again-\d+$/, '').slice(0, 110)
  return () => {
    lastNumber += 1
    const id = `${base}.again-${lastNumber}`
    run(id)
    return id
  }
}

/** Of all executors: ids are unique in a driver, which several may share. */
let lastNumber = 0

function sizeOf(content: unknown): number {
  if (typeof content === 'string') return content.length
  if (ArrayBuffer.isView(content)) return content.byteLength
  // A function makes the input anew. A stream can be read only once.
  return content === undefined || typeof content === 'function' ? 0 : Infinity
}
