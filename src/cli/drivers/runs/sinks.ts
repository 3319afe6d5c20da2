import { endsLikeMarker, markerSize } from '../../../engines/docker/launcher/marker-filter.ts'
import type { OutputSink } from '../../../engines/engine.ts'

/** Leaves out the marker that a launcher writes when its task has ended: it is the last that comes. */
export function withoutMarker(sink: OutputSink): OutputSink {
  let held: Uint8Array | undefined
  return {
    write(chunk) {
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      held = undefined
      if (!endsLikeMarker(bytes)) return sink.write(bytes)
      const at = bytes.length - markerSize
      held = bytes.subarray(at)
      return at === 0 ? undefined : sink.write(bytes.subarray(0, at))
    },
  }
}

const newline = 0x0a

/** Writes the time before each line, as the engine does for the output that it keeps. */
export function withTimes(sink: OutputSink, now: () => number): OutputSink {
  let isLineStart = true
  return {
    write(chunk) {
      const time = Buffer.from(`${new Date(now()).toISOString()} `)
      const parts: Uint8Array[] = []
      for (let at = 0; at < chunk.length; ) {
        const end = chunk.indexOf(newline, at)
        const next = end === -1 ? chunk.length : end + 1
        if (isLineStart) parts.push(time)
        parts.push(chunk.subarray(at, next))
        isLineStart = end !== -1
        at = next
      }
      return sink.write(Buffer.concat(parts))
    },
  }
}

/** Where bytes wait for a reader. */
export interface Outlet {
  /** Bytes that wait. */
  readonly waiting: number
  write(bytes: Uint8Array): Promise<void> | undefined
}

/** A sink that never makes its writer wait. */
export interface LossySink extends OutputSink {
  /** Reports what was lost and not told yet. */
  tell(): void
}

/** Takes everything at once. What would make more than `limit` bytes wait is dropped, and its size is reported when the reader goes on. */
export function lossy(outlet: Outlet, limit: number, onLoss: (bytes: number) => void): LossySink {
  let lost = 0
  const tell = () => {
    const bytes = lost
    lost = 0
    if (bytes > 0) onLoss(bytes)
  }
  return {
    tell,
    write(chunk) {
      if (outlet.waiting + chunk.length > limit) lost += chunk.length
      else void outlet.write(chunk)?.then(tell)
      return undefined
    },
  }
}
