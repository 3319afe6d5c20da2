import { BehaviorSubject, type Observable, of } from 'rxjs'
import { formatImage, readImage } from '../../../task/image-name.ts'
import { pause } from '../../../utils/timing.ts'
import { pauseImage, type ResolvedDockerConfig } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { replyOf } from '../connection/errors.ts'
import { imagePath } from '../connection/paths.ts'
import { type CachedImage, ImageCache, type ImageCacheUsage } from './cache.ts'

/** Delay between two removals, in ms. It leaves the engine time for its other work. */
const removalDelay = 500

/** Keeps the total size of an engine's images below a limit (Fn's image cleaner). */
export interface ImageCleaner {
  /** The present usage, then every change. */
  readonly usage$: Observable<ImageCacheUsage>
  /** Marks the image of this reference as in use until the returned function is called. */
  hold(image: string): () => void
  close(): Promise<void>
}

/** Creates the cleaner of the config. It does nothing when `imageCacheMaxSize` is 0. */
export function createImageCleaner(api: Api, config: ResolvedDockerConfig): ImageCleaner {
  if (config.imageCacheMaxSize > 0) return new OpenImageCleaner(api, config)
  const none = { count: 0, bytes: 0 }
  return { usage$: of({ max: 0, idle: none, busy: none, removed: 0 }), hold: () => () => {}, close: async () => {} }
}

interface Listed {
  readonly Id?: unknown
  readonly Size?: unknown
  readonly RepoTags?: readonly string[] | null
}

class OpenImageCleaner implements ImageCleaner {
  readonly #api: Api
  readonly #config: ResolvedDockerConfig
  readonly #cache: ImageCache
  readonly #usage$: BehaviorSubject<ImageCacheUsage>
  readonly #closing = new AbortController()
  #cleaning: Promise<void> | undefined
  #isWanted = false

  constructor(api: Api, config: ResolvedDockerConfig) {
    this.#api = api
    this.#config = config
    this.#cache = new ImageCache(config.imageCacheMaxSize, [...config.imageCacheExemptTags, pauseImage].map(withTag))
    this.#usage$ = new BehaviorSubject(this.#cache.usage)
    this.#clean()
  }

  get usage$(): Observable<ImageCacheUsage> {
    return this.#usage$
  }

  hold(image: string): () => void {
    let release: (() => void) | undefined
    let isReleased = false
    // Only the engine knows which image a reference means, and only at this moment.
    const found = this.#inspect(image).then(id => {
      if (id !== undefined && !isReleased) release = this.#cache.hold(id)
      this.#report()
    })
    return () => {
      if (isReleased) return
      isReleased = true
      void found.then(() => {
        release?.()
        this.#clean()
      })
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#cleaning
    this.#usage$.complete()
  }

  /** Lists and removes images. A call during a run makes it run once more. */
  #clean(): void {
    this.#isWanted = true
    this.#cleaning ??= this.#work().finally(() => {
      this.#cleaning = undefined
    })
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing
    while (this.#isWanted && !signal.aborted) {
      this.#isWanted = false
      await this.#list()
      this.#report()
      // An image that other containers use stays and comes up again: one attempt is enough.
      const tried = new Set<string>()
      for (let image = this.#cache.surplus; image !== undefined && !signal.aborted; image = this.#cache.surplus) {
        if (tried.has(image.id)) break
        tried.add(image.id)
        await this.#remove(image)
        this.#report()
        await pause(removalDelay, signal)
      }
    }
  }

  async #list(): Promise<void> {
    const call = { doing: 'list images', method: 'GET', path: '/images/json' } as const
    try {
      const { body } = await this.#api.request({
        ...call,
        deadline: this.#config.engineTimeout,
        signal: this.#closing.signal,
      })
      const images = (Array.isArray(body) ? (body as Listed[]) : []).flatMap(({ Id: id, Size: size, RepoTags }) =>
        typeof id === 'string' && typeof size === 'number' ? [{ id, size, tags: RepoTags ?? [] }] : [],
      )
      this.#cache.retain(new Set(images.map(({ id }) => id)))
      for (const image of images) this.#cache.update(image)
    } catch {
      // The next cookie triggers another attempt.
    }
  }

  /** Removes an image by each of its names, without force: an image that any container uses stays. */
  async #remove({ id, tags }: CachedImage): Promise<void> {
    const names = tags.filter(tag => tag !== '<none>:<none>')
    try {
      for (const name of names.length > 0 ? names : [id]) await this.#delete(name)
      this.#cache.forget(id, true)
    } catch (error) {
      if (replyOf(error)?.status === 404) this.#cache.forget(id, false)
      else this.#cache.touch(id)
    }
  }

  async #delete(name: string): Promise<void> {
    await this.#api.request({
      doing: `remove image ${name}`,
      method: 'DELETE',
      path: imagePath(name),
      deadline: this.#config.startTimeout,
    })
  }

  async #inspect(image: string): Promise<string | undefined> {
    try {
      const { body } = await this.#api.request({
        doing: `look for image ${image}`,
        method: 'GET',
        path: imagePath(image, '/json'),
        deadline: this.#config.engineTimeout,
        signal: this.#closing.signal,
      })
      const { Id: id, Size: size, RepoTags } = (body ?? {}) as Listed
      if (typeof id !== 'string' || typeof size !== 'number') return undefined
      this.#cache.update({ id, size, tags: RepoTags ?? [] })
      return id
    } catch {
      return undefined
    }
  }

  #report(): void {
    if (!this.#closing.signal.aborted) this.#usage$.next(this.#cache.usage)
  }
}

/** The reference with its tag, as the engine lists it. */
function withTag(reference: string): string {
  const name = readImage(reference)
  if ('allowed' in name) return reference
  return formatImage(name).replace(/^library\//, '')
}
