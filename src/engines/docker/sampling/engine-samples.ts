import type { IncomingMessage } from 'node:http'
import { Observable } from 'rxjs'
import { withRaw } from '../../../stats/raw.ts'
import type { Stat } from '../../../stats/stat.ts'
import { noLongerNeeded, onAbort } from '../../../utils/abort.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import { jsonLines } from '../connection/json-lines.ts'
import { type EngineSample, isHollow, toStat } from './metrics.ts'
import { SampleTimes } from './sample-times.ts'

/** The source of one container's samples. */
export interface SampleSource {
  /** Opens the engine's stream of samples. */
  open(signal: AbortSignal): Promise<IncomingMessage>
  /** Resolves when the container runs; rejects when it never will. */
  readonly started: Promise<void>
  /** Settles when the container has ended. */
  readonly ended: Promise<unknown>
}

/**
 * The samples of one container while it runs. The engine's stream continues with empty samples after the container's
 * end, so it is closed here. A broken stream is opened again. Failed samples never fail a run.
 */
export function samples$({ open, started, ended }: SampleSource): Observable<Stat> {
  return new Observable(subscriber => {
    const stopping = new AbortController()
    const { signal } = stopping
    const end = () => {
      stopping.abort(noLongerNeeded)
      subscriber.complete()
    }
    ended.then(end, end)

    const sample = async () => {
      await started
      const series = new SampleTimes()
      for (let attempt = 0; !signal.aborted; attempt++) {
        const stream = await open(signal).catch(() => undefined)
        const destroy = () => stream?.destroy()
        const release = onAbort(signal, destroy)
        try {
          if (stream !== undefined) {
            for await (const line of jsonLines(stream)) {
              const sample = line as EngineSample
              const stat = isHollow(sample) ? undefined : toStat(sample)
              const timestamp = stat === undefined ? undefined : series.timeOf(stat.timestamp, performance.now())
              if (stat === undefined || timestamp === undefined || signal.aborted) continue
              attempt = 0
              subscriber.next(withRaw({ ...stat, timestamp }, line))
            }
          }
        } catch {
          // The stream was closed by us at the end, or by an engine that may come back.
        } finally {
          release()
          destroy()
        }
        await pause(backoff(attempt), signal)
      }
    }
    sample().catch(end)
    return () => stopping.abort(noLongerNeeded)
  })
}
