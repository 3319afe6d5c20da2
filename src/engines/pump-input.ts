import type { Writable } from 'node:stream'

/** Copies a task's input into its container. */
export interface InputPump {
  /** Releases the source, whether or not it was read to its end. */
  stop(): void
}

/** How {@link pumpInput} treats the stream. */
export interface PumpInputOptions {
  /** Destroys the stream on `stop`, and treats its errors as the reader's end. @default false: the stream belongs to its owner */
  readonly destroyOnStop?: boolean
}

/**
 * Writes the source to the stream with backpressure, then ends the stream's writable side. Output still arrives after that.
 *
 * A reader that stops reading is not an error: it may. `broken` is called when the source fails. The stream then stays
 * open, so that the container does not take a part of its input for the whole.
 */
export function pumpInput(
  source: AsyncIterable<Uint8Array>,
  stream: Writable,
  broken: (error: Error) => void,
  { destroyOnStop = false }: PumpInputOptions = {},
): InputPump {
  const iterator = source[Symbol.asyncIterator]()
  let ended = false
  let wake = () => {}

  const pump = async () => {
    while (!ended) {
      const next = await iterator.next()
      if (ended) return
      if (next.done) {
        ended = true
        stream.end()
        return
      }
      if (stream.destroyed || stream.writableEnded) return stop()
      if (!stream.write(next.value)) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  }

  const stop = () => {
    wake()
    if (!ended) {
      ended = true
      // Not awaited: a generator that waits inside its own `next` answers only after that.
      void (async () => iterator.return?.())().catch(() => {})
    }
    if (destroyOnStop) stream.destroy()
  }

  stream.on('drain', () => wake())
  stream.once('close', stop)
  // EPIPE: the process has closed its input.
  if (destroyOnStop) stream.on('error', stop)
  pump().catch((error: unknown) => {
    if (ended) return
    ended = true
    broken(error instanceof Error ? error : new Error(String(error)))
  })
  return { stop }
}
