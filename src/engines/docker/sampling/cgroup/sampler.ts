import { totalmem } from 'node:os'
import { Observable } from 'rxjs'
import type { Stat } from '../../../../stats/stat.ts'
import type { Counters } from './counters.ts'
import { CgroupFiles } from './group-files.ts'
import type { CgroupMounts } from './mounts.ts'
import { seriesOf } from './series.ts'

/** One container to sample. */
export interface CgroupTarget {
  id(): string
  /** Asks the engine for the id of one of its processes. */
  findPid(): Promise<number | undefined>
  /** Resolves when the container runs; rejects when it never will. */
  readonly started: Promise<void>
  /** Settles when its output has ended. Its group exists a moment longer, so the last sample is taken then. */
  outputEnded(): Promise<unknown> | undefined
  /** Settles when the container has ended. */
  readonly ended: Promise<unknown>
  /** Called with each reading of its counters. */
  onCounters(counters: Counters): void
  /** The samples to use when its group cannot be found. */
  readonly fallback: Observable<Stat>
}

/** Samples containers by reading their control groups. All containers of an engine share one timer. */
export class CgroupSampler {
  readonly #mounts: CgroupMounts
  readonly #interval: number
  readonly #samples = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  /** `interval` in ms. */
  constructor(mounts: CgroupMounts, interval: number) {
    this.#mounts = mounts
    this.#interval = interval
  }

  /** The samples of one container, the first at once. Completes when the container ends. */
  samples$({ id, findPid, started, outputEnded, ended, onCounters, fallback }: CgroupTarget): Observable<Stat> {
    return new Observable(subscriber => {
      const end = () => subscriber.complete()
      ended.then(end, end)
      const begin = async () => {
        await started
        const files = await CgroupFiles.find(this.#mounts, id(), () => findPid().catch(() => undefined))
        if (files === undefined) {
          if (!subscriber.closed) subscriber.add(fallback.subscribe(subscriber))
          return
        }
        // A subscriber that has unsubscribed meanwhile calls it at once.
        subscriber.add(() => files.close())
        if (subscriber.closed) return
        const toStat = seriesOf(totalmem())
        const sample = () => {
          const reading = subscriber.closed ? undefined : files.read()
          if (reading !== undefined) onCounters(reading.counters)
          const stat = reading === undefined ? undefined : toStat(reading)
          if (stat !== undefined) subscriber.next(stat)
        }
        subscriber.add(this.#schedule(sample))
        outputEnded()?.then(sample, sample)
      }
      begin().catch(end)
    })
  }

  #schedule(sample: () => void): () => void {
    this.#samples.add(sample)
    this.#timer ??= setInterval(() => {
      for (const each of this.#samples) each()
    }, this.#interval).unref()
    sample()
    return () => {
      this.#samples.delete(sample)
      if (this.#samples.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
