import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** The way of a task's input into its container. */
export interface InputPump {
  /** Lets go of the source, which need not have come to its end. */
  stop(): void
}

/**
 * Writes the source to the stream as fast as it is taken, then half-closes it, so that output still comes.
 * `broken` is called when the source fails; its input is then left open, lest the container takes the part for the whole.
 */
export function pumpInput(
  source: AsyncIterable<Uint8Array>,
  stream: Duplex,
  broken: (error: Error) => void,
): InputPump {
  const iterator = source[Symbol.asyncIterator]()
  const stopping = new AbortController()
  const { signal } = stopping
  let done = false

  const pump = async () => {
    while (!signal.aborted) {
      const next = await iterator.next()
      if (next.done) {
        done = true
        stream.end()
        return
      }
      // Nobody reads any more: the container has closed its input, or has ended. That is its right.
      if (stream.destroyed || stream.writableEnded) return
      if (!stream.write(next.value)) await once(stream, 'drain', { signal })
    }
  }

  stream.once('close', () => stopping.abort())
  void pump()
    .catch((error: unknown) => {
      if (signal.aborted) return
      done = true
      broken(error instanceof Error ? error : new Error(String(error)))
    })
    .finally(() => release())

  const release = () => {
    if (done) return
    done = true
    // Not awaited: a generator that waits for ever inside its own `next` answers only after that.
    void iterator.return?.().catch(() => {})
  }
  return {
    stop: () => {
      stopping.abort()
      release()
    },
  }
}
