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
  let stopped = false
  let wake = () => {}

  const pump = async () => {
    while (!stopped) {
      const next = await iterator.next()
      if (next.done) {
        stopped = true
        stream.end()
        return
      }
      // Nobody reads any more: the container has closed its input, or has ended. That is its right, and no fault of the source.
      if (stream.destroyed || stream.writableEnded) return stop()
      if (!stopped && !stream.write(next.value))
        await new Promise<void>(resolve => {
          wake = resolve
        })
    }
  }

  const stop = () => {
    wake()
    if (stopped) return
    stopped = true
    // Not awaited: a generator that waits for ever inside its own `next` answers only after that.
    void iterator.return?.().catch(() => {})
  }

  stream.on('drain', () => wake())
  stream.once('close', stop)
  pump().catch((error: unknown) => {
    if (stopped) return
    stopped = true
    broken(error instanceof Error ? error : new Error(String(error)))
  })
  return { stop }
}
