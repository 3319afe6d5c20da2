import { BehaviorSubject, type Observable } from 'rxjs'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { SpareContainers, SpareKind, SpareUsage } from '../../engine.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { commandOf } from '../launcher/command.ts'
import type { LaunchCommand } from '../launcher/frame.ts'
import { fixedOptions } from '../launcher/options.ts'
import { ImageWatch } from './image-watch.ts'
import type { SpareContext, WaitingSpare } from './spare.ts'
import { imageIdOf } from './spare-image.ts'
import { SparePool } from './spare-pool.ts'

/** A spare container that a cookie has got. */
export interface SpareLease extends WaitingSpare {
  readonly command: LaunchCommand
  /** Call it when the task has begun, or never will: then the next spare container is made. */
  refill(): void
}

/** The options of {@link Spares}. */
export type SparesOptions = Omit<SpareContext, 'onChange'>

/** The spare containers of a driver: they are started ahead, and each runs one task. */
export class Spares {
  readonly #options: SparesOptions
  readonly #pools = new Set<SparePool>()
  readonly #usage$ = new BehaviorSubject<SpareUsage>({ size: 0, ready: 0, pending: 0 })
  #watch: ImageWatch | undefined
  #opened = 0
  #closing: Promise<void> | undefined

  constructor(options: SparesOptions) {
    this.#options = options
  }

  /** The usage of all kinds together, then every change. Completes when the driver is closed. */
  get usage$(): Observable<SpareUsage> {
    return this.#usage$
  }

  get isEmpty(): boolean {
    return this.#pools.size === 0
  }

  /** Begins to make spare containers of a kind. */
  open(kind: SpareKind): SpareContainers {
    const pool: SparePool = new SparePool(`spare-${this.#opened++}`, kind, {
      ...this.#options,
      onChange: () => this.#count(),
      onClosed: () => {
        this.#pools.delete(pool)
        this.#count()
      },
    })
    this.#pools.add(pool)
    this.#watch ??= new ImageWatch(this.#options.context, () => void this.#retire())
    this.#count()
    return pool
  }

  /**
   * Gives a spare container to a task that it fits.
   *
   * @param options - The create options that the task would have.
   * @returns undefined when there is none. A transition of the driver says why.
   */
  async lease(task: ResolvedTask, options: CreateOptions): Promise<SpareLease | undefined> {
    const pools = [...this.#pools].filter(pool => pool.isFor(task))
    if (pools.length === 0 || this.#closing !== undefined) return undefined
    const found = task.pull === 'always' ? 'misfit: pull' : await this.#find(pools, task, options)
    const isFound = typeof found !== 'string'
    this.report(task, isFound ? 'adopted' : 'cold', isFound ? 'adopt' : found)
    return isFound ? found : undefined
  }

  /** Reports what a cookie got. */
  report({ id }: ResolvedTask, to: 'adopted' | 'cold', event: string): void {
    this.#options.context.onTransition({ machine: 'adoption', id, from: 'wanted', to, event })
  }

  /**
   * Removes every spare container.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`, with the containers that may still exist.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#watch?.close()
    const closed = await Promise.allSettled([...this.#pools].map(pool => pool.close()))
    this.#usage$.complete()
    const failed = closed.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }

  /** Finds a spare container, or why there is none. */
  async #find(pools: readonly SparePool[], task: ResolvedTask, options: CreateOptions): Promise<SpareLease | string> {
    if (this.#watch?.isConnected !== true) await this.#retire()
    const fixed = fixedOptions(options)
    const searches = pools.map(pool => pool.find(fixed))
    const reasons = searches.flatMap(search => ('reason' in search ? [search.reason] : []))
    for (const search of searches) {
      if (!('place' in search)) continue
      const { place } = search
      const command = place.waiting && commandOf(options, place.waiting.image, task.input !== undefined)
      if (command === undefined) {
        reasons.push('misfit: command')
        continue
      }
      const adopted = place.adopt()
      if (adopted !== undefined) return { ...adopted, command, refill: () => place.refill() }
    }
    return reasons.find(reason => reason !== 'poolEmpty') ?? 'poolEmpty'
  }

  /** Replaces the spare containers whose image's name means another image now. */
  async #retire(): Promise<void> {
    for (const image of new Set([...this.#pools].map(pool => pool.image))) {
      const id = await imageIdOf(this.#options.context, image).catch(() => undefined)
      if (id === undefined) continue
      for (const pool of this.#pools) if (pool.image === image) pool.retireUnless(id)
    }
  }

  #count(): void {
    const usages = [...this.#pools].map(pool => pool.usage$.value)
    const size = usages.reduce((sum, usage) => sum + usage.size, 0)
    const ready = usages.reduce((sum, usage) => sum + usage.ready, 0)
    const { value } = this.#usage$
    if (size !== value.size || ready !== value.ready) this.#usage$.next({ size, ready, pending: size - ready })
  }
}
