import { once } from 'node:events'
import type { Writable } from 'node:stream'

/**
 * Writes a source to a process's standard input, as fast as it is read, and closes it at the source's end. Returns a function that lets go
 * of the source and of the stream.
 *
 * A process that stops reading, or ends, is no error. `broken` is called when the source fails: the stream then stays open, lest the process
 * takes the part for the whole.
 */
export function pumpInput(
  source: AsyncIterable<Uint8Array>,
  stream: Writable,
  broken: (error: Error) => void,
): () => void {
  const iterator = source[Symbol.asyncIterator]()
  const stopping = new AbortController()
  const { signal } = stopping

  const stop = () => {
    if (signal.aborted) return
    stopping.abort()
    // Not awaited: a source that is waiting for something may answer only after it.
    Promise.resolve(iterator.return?.()).catch(() => {})
    stream.destroy()
  }
  const pump = async () => {
    for (;;) {
      const next = await iterator.next()
      if (signal.aborted) return
      if (next.done) {
        stream.end()
        return
      }
      if (!stream.write(next.value)) await once(stream, 'drain', { signal })
    }
  }

  // EPIPE: nobody reads any more, which is the process's right.
  stream.on('error', stop)
  stream.on('close', stop)
  pump().catch((error: unknown) => {
    if (!signal.aborted) broken(error instanceof Error ? error : new Error(String(error)))
  })
  return stop
}
