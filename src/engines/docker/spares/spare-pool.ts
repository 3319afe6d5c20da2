import { BehaviorSubject } from 'rxjs'
import { leftBy } from '../../../errors.ts'
import { formatImage } from '../../../task/image-name.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { SpareContainers, SpareKind, SpareKindUsage } from '../../engine.ts'
import { differences } from '../launcher/options.ts'
import { type SpareContext, SparePlace } from './spare.ts'

/** The image of a task, as spare containers are found by. */
const imageOf = ({ imageId, imageName }: ResolvedTask): string => imageId ?? formatImage(imageName)

/** What a search for a spare container found: one that fits, else why there is none. */
export type Search = { readonly place: SparePlace } | { readonly reason: string }

/** The options of a {@link SparePool}. `onChange`: called after each change of its usage. */
export interface SparePoolOptions extends SpareContext {
  /** Called when all of its containers are removed, or could not be. */
  readonly onClosed: () => void
}

/** The spare containers of one kind. */
export class SparePool implements SpareContainers {
  readonly task: ResolvedTask
  readonly image: string
  readonly #places: readonly SparePlace[]
  readonly #usage$: BehaviorSubject<SpareKindUsage>
  readonly #onChange: () => void
  readonly #onClosed: () => void
  #closing: Promise<void> | undefined

  constructor(id: string, kind: SpareKind, { onChange, onClosed, ...shared }: SparePoolOptions) {
    const { task, size } = kind
    this.task = task
    this.image = imageOf(task)
    this.#onChange = onChange
    this.#onClosed = onClosed
    this.#usage$ = new BehaviorSubject<SpareKindUsage>({ size, ready: 0, pending: size })
    const context: SpareContext = { ...shared, onChange: () => this.#count() }
    this.#places = Array.from({ length: size }, (_, at) => new SparePlace(`${id}-${at}`, kind, context))
  }

  get usage$(): BehaviorSubject<SpareKindUsage> {
    return this.#usage$
  }

  get waiting(): readonly ResolvedTask[] {
    return this.#places.flatMap(({ waiting }) => (waiting === undefined ? [] : [waiting.task]))
  }

  /** True for tasks of its image, whether or not they fit. */
  isFor(task: ResolvedTask): boolean {
    return this.image === imageOf(task) && this.task.platform === task.platform
  }

  /** Finds a container that a create call of these options would have made the same. */
  find(fixed: ReadonlyMap<string, string>): Search {
    const waiting = this.#places.filter(place => place.waiting !== undefined)
    const place = waiting.find(
      place => place.waiting !== undefined && differences(place.waiting.fixed, fixed).length === 0,
    )
    if (place !== undefined) return { place }
    const [other] = waiting
    if (other?.waiting === undefined) return { reason: 'poolEmpty' }
    return { reason: `misfit: ${differences(other.waiting.fixed, fixed).join(', ')}` }
  }

  /** Replaces the containers of another image than this. */
  retireUnless(imageId: string): void {
    for (const place of this.#places) place.retireUnless(imageId)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const leaked = (await Promise.all(this.#places.map(place => place.close()))).flat()
    this.#usage$.complete()
    this.#onClosed()
    const error = leftBy('the spare containers', leaked)
    if (error !== undefined) throw error
  }

  #count(): void {
    // The first changes come while the list is being made.
    const places = this.#places ?? []
    const ready = places.filter(({ state }) => state === 'free').length
    const error = places.find(({ failure }) => failure !== undefined)?.failure
    const { size, ...value } = this.#usage$.value
    if (ready === value.ready && error === value.error) return
    this.#usage$.next({ size, ready, pending: size - ready, ...(error !== undefined && { error }) })
    this.#onChange()
  }
}
