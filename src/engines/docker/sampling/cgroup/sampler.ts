import { totalmem } from 'node:os'
import { Observable } from 'rxjs'
import type { Stat } from '../../../../stats/stat.ts'
import { CgroupFiles } from './group-files.ts'
import type { CgroupMounts } from './mounts.ts'
import { seriesOf } from './series.ts'

/** One container to sample. */
export interface CgroupTarget {
  id(): string
  /** The number of one of its processes, as the engine has it. */
  askPid(): Promise<number | undefined>
  /** Settles when the container runs, or will not. */
  readonly started: Promise<void>
  /** Settles when its output has ended, which its group outlives by a moment: the last sample is taken then. */
  silent(): Promise<unknown> | undefined
  /** Settles at its end. */
  readonly ended: Promise<unknown>
  /** Who samples it when its group cannot be found. */
  readonly otherwise: Observable<Stat>
}

/** Samples containers by reading their control groups, all of an engine by one timer. */
export class CgroupSampler {
  readonly #mounts: CgroupMounts
  readonly #interval: number
  readonly #looks = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined

  /** `interval` in ms. */
  constructor(mounts: CgroupMounts, interval: number) {
    this.#mounts = mounts
    this.#interval = interval
  }

  /** The samples of one container, the first at once; completes at its end. */
  samples$({ id, askPid, started, silent, ended, otherwise }: CgroupTarget): Observable<Stat> {
    return new Observable(subscriber => {
      const end = () => subscriber.complete()
      ended.then(end, end)
      const begin = async () => {
        await started
        const files = await CgroupFiles.find(this.#mounts, id(), () => askPid().catch(() => undefined))
        if (files === undefined) {
          if (!subscriber.closed) subscriber.add(otherwise.subscribe(subscriber))
          return
        }
        // Added to a subscriber that has gone meanwhile, it is called at once.
        subscriber.add(() => files.close())
        if (subscriber.closed) return
        const toStat = seriesOf(totalmem())
        const look = () => {
          const seen = subscriber.closed ? undefined : files.look()
          const stat = seen === undefined ? undefined : toStat(seen)
          if (stat !== undefined) subscriber.next(stat)
        }
        subscriber.add(this.#watch(look))
        silent()?.then(look, look)
      }
      begin().catch(end)
    })
  }

  #watch(look: () => void): () => void {
    this.#looks.add(look)
    this.#timer ??= setInterval(() => {
      for (const each of this.#looks) each()
    }, this.#interval).unref()
    look()
    return () => {
      this.#looks.delete(look)
      if (this.#looks.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
