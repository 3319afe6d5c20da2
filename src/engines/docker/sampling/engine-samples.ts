import type { IncomingMessage } from 'node:http'
import { Observable } from 'rxjs'
import { withRaw } from '../../../stats/raw.ts'
import type { Stat } from '../../../stats/stat.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import { jsonLines } from '../connection/json-lines.ts'
import { type EngineSample, isHollow, toStat } from './metrics.ts'

/** Where samples come from, and when. */
export interface SampleSource {
  /** Opens the engine's stream of one container's samples. */
  open(signal: AbortSignal): Promise<IncomingMessage>
  /** Settles when the container runs, or will not. */
  readonly started: Promise<void>
  /** Settles at its end. */
  readonly ended: Promise<unknown>
}

/**
 * The samples of one container, while it runs. The engine's stream does not end with the container, it goes on with empty samples
 * until the removal: so it is ended here. A stream that breaks is opened again; samples are never a reason to fail.
 */
export function samples$({ open, started, ended }: SampleSource): Observable<Stat> {
  return new Observable(subscriber => {
    const stopping = new AbortController()
    const { signal } = stopping
    const end = () => {
      stopping.abort()
      subscriber.complete()
    }
    ended.then(end, end)

    const sample = async () => {
      await started
      let last = 0
      for (let attempt = 0; !signal.aborted; attempt++) {
        const stream = await open(signal).catch(() => undefined)
        const destroy = () => stream?.destroy()
        signal.addEventListener('abort', destroy, { once: true })
        if (signal.aborted) destroy()
        try {
          if (stream !== undefined) {
            for await (const line of jsonLines(stream)) {
              const sample = line as EngineSample
              const stat = isHollow(sample) ? undefined : toStat(sample)
              // Time that stands still or goes back is an old sample, or a clock that was set: a series needs neither.
              if (stat === undefined || stat.timestamp <= last || signal.aborted) continue
              last = stat.timestamp
              attempt = 0
              subscriber.next(withRaw(stat, line))
            }
          }
        } catch {
          // Broken off: by us at the end, or by an engine that may come back.
        } finally {
          signal.removeEventListener('abort', destroy)
          destroy()
        }
        await pause(backoff(attempt), signal)
      }
    }
    sample().catch(end)
    return () => stopping.abort()
  })
}
