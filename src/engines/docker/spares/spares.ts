import { BehaviorSubject, type Observable } from 'rxjs'
import { CookietinError } from '../../../errors.ts'
import { formatImage } from '../../../task/image-name.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { commandOf } from '../launcher/command.ts'
import type { LaunchCommand } from '../launcher/frame.ts'
import { differences, fixedOptions } from '../launcher/options.ts'
import { LauncherVolume } from '../launcher/volume.ts'
import { ImageWatch } from './image-watch.ts'
import { type SpareContext, SparePlace, type WaitingSpare } from './spare.ts'
import { imageIdOf } from './spare-image.ts'

/** The number of spare containers by their state. Together they are `size`. */
export interface SpareUsage {
  readonly size: number
  /** Ready to be adopted. */
  readonly ready: number
  /** Being made or replaced. */
  readonly pending: number
}

/** One kind of spare containers. */
export interface SpareKind {
  /** What they are made for, by the fields that the create call fixes. */
  readonly task: ResolvedTask
  readonly size: number
}

/** A spare container that a cookie has got. */
export interface SpareLease extends WaitingSpare {
  readonly command: LaunchCommand
  /** Call it when the task has begun, or never will: then the next spare container is made. */
  refill(): void
}

interface Pool extends SpareKind {
  readonly image: string
  readonly places: readonly SparePlace[]
}

/** The options of {@link Spares}. */
export interface SparesOptions extends Omit<SpareContext, 'onChange' | 'volume'> {
  /** Reads the launcher's program. */
  readonly program: () => Promise<Buffer>
}

/** The spare containers of a driver: they are started ahead, and each runs one task. */
export class Spares {
  readonly #options: SparesOptions
  readonly #volume: LauncherVolume
  readonly #pools = new Set<Pool>()
  readonly #usage$ = new BehaviorSubject<SpareUsage>({ size: 0, ready: 0, pending: 0 })
  #watch: ImageWatch | undefined
  #made = 0
  #closing: Promise<void> | undefined

  constructor(options: SparesOptions) {
    const { api, instance, config } = options.context
    this.#options = options
    this.#volume = new LauncherVolume({ api, instance, program: options.program, deadline: config.engineTimeout })
  }

  /** The present usage, then every change. Completes when the driver is closed. */
  get usage$(): Observable<SpareUsage> {
    return this.#usage$
  }

  get isEmpty(): boolean {
    return this.#pools.size === 0
  }

  /** Begins to make spare containers of a kind. Returns the function that removes them. */
  open({ task, size }: SpareKind): () => Promise<void> {
    const kind = this.#made++
    const shared = { ...this.#options, volume: this.#volume, onChange: () => this.#count() }
    const places = Array.from({ length: size }, (_, at) => new SparePlace(`spare-${kind}-${at}`, task, shared))
    const pool = { task, size, places, image: imageOf(task) }
    this.#pools.add(pool)
    this.#watch ??= new ImageWatch(this.#options.context, () => void this.#retire())
    this.#count()
    return async () => {
      this.#pools.delete(pool)
      await closeAll([pool])
      this.#count()
    }
  }

  /**
   * Gives a spare container to a task that it fits.
   *
   * @param options - The create options that the task would have.
   * @returns undefined when there is none. A transition of the driver says why.
   */
  async lease(task: ResolvedTask, options: CreateOptions): Promise<SpareLease | undefined> {
    const image = imageOf(task)
    const pools = [...this.#pools].filter(pool => pool.image === image && pool.task.platform === task.platform)
    if (pools.length === 0 || this.#closing !== undefined) return undefined
    const lease = task.pull === 'always' ? 'misfit: pull' : await this.#find(pools, task, options)
    const to = typeof lease === 'string' ? 'cold' : 'adopted'
    const event = typeof lease === 'string' ? lease : 'adopt'
    this.report(task, to, event)
    return typeof lease === 'string' ? undefined : lease
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
    try {
      await closeAll([...this.#pools])
    } finally {
      await this.#volume.remove()
      this.#usage$.complete()
    }
  }

  /** Finds a spare container, or why there is none. */
  async #find(pools: readonly Pool[], task: ResolvedTask, options: CreateOptions): Promise<SpareLease | string> {
    const fixed = fixedOptions(options)
    const places = pools.flatMap(pool => pool.places).filter(place => place.waiting !== undefined)
    if (places.length === 0) return 'poolEmpty'
    const fitting = places.filter(place => differs(place, fixed).length === 0)
    const [place] = fitting
    const [other] = places
    if (place === undefined || other === undefined)
      return `misfit: ${other === undefined ? '' : differs(other, fixed).join(', ')}`
    if (this.#watch?.isConnected !== true) await this.#retire()
    const { waiting } = place
    if (waiting === undefined) return 'poolEmpty'
    const command = commandOf(options, waiting.image, task.input !== undefined)
    if (command === undefined) return 'misfit: command'
    const adopted = place.adopt()
    if (adopted === undefined) return 'poolEmpty'
    return { ...adopted, command, refill: () => place.refill() }
  }

  /** Replaces the spare containers whose image's name means another image now. */
  async #retire(): Promise<void> {
    for (const image of new Set([...this.#pools].map(pool => pool.image))) {
      const id = await imageIdOf(this.#options.context, image).catch(() => undefined)
      if (id === undefined) continue
      for (const pool of this.#pools) {
        if (pool.image === image) for (const place of pool.places) place.retireUnless(id)
      }
    }
  }

  #count(): void {
    const states = [...this.#pools].flatMap(pool => pool.places.map(place => place.state))
    const { value } = this.#usage$
    const size = states.length
    const ready = states.filter(state => state === 'ready').length
    if (size === value.size && ready === value.ready) return
    this.#usage$.next({ size, ready, pending: size - ready })
  }
}

const imageOf = ({ imageId, imageName }: ResolvedTask): string => imageId ?? formatImage(imageName)

const differs = ({ waiting }: SparePlace, fixed: ReadonlyMap<string, string>): string[] =>
  waiting === undefined ? [] : differences(waiting.fixed, fixed)

async function closeAll(pools: readonly Pool[]): Promise<void> {
  const closed = await Promise.all(pools.flatMap(pool => pool.places.map(place => place.close())))
  const leaked = closed.flat()
  if (leaked.length === 0) return
  throw new CookietinError(
    'ERR_COOKIETIN_NOT_CLEANED',
    `Of the spare containers, ${leaked.join(', ')} may still exist; \`cookietin gc\` finds them once this process is gone`,
    { leaked },
  )
}
