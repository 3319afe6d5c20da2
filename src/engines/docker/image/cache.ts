/** Usage of an engine's image cache. */
export interface ImageCacheUsage {
  /** Maximum size of all images, in bytes. Above it, idle images are removed. */
  readonly max: number
  /** Images that no cookie of the driver uses, without the exempt ones. */
  readonly idle: { readonly count: number; readonly bytes: number }
  /** Images that cookies of the driver use. */
  readonly busy: { readonly count: number; readonly bytes: number }
  /** Number of images that were removed so far. */
  readonly removed: number
}

/** An image as the engine lists it. */
export interface CachedImage {
  readonly id: string
  /** Bytes. */
  readonly size: number
  readonly tags: readonly string[]
}

/** Tracks the images in use and the order in which the others were last used. Pure. */
export class ImageCache {
  readonly #max: number
  readonly #exempt: ReadonlySet<string>
  /** Ordered by their last use, the least recent first. */
  readonly #images = new Map<string, CachedImage>()
  readonly #users = new Map<string, number>()
  #removed = 0

  /** `exempt`: references with their tags. */
  constructor(max: number, exempt: readonly string[]) {
    this.#max = max
    this.#exempt = new Set(exempt)
  }

  /** Adds an image, or replaces its data without a change of its place in the order. */
  update(image: CachedImage): void {
    this.#images.set(image.id, image)
  }

  /** Moves an image to the end of the order: it was used, or could not be removed. */
  touch(id: string): void {
    const image = this.#images.get(id)
    if (image === undefined) return
    this.#images.delete(id)
    this.#images.set(id, image)
  }

  /** Marks an image as in use until the returned function is called. */
  hold(id: string): () => void {
    this.touch(id)
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = (this.#users.get(id) ?? 1) - 1
      if (left > 0) this.#users.set(id, left)
      else this.#users.delete(id)
      this.touch(id)
    }
  }

  /** Forgets an image that is gone. `removed`: it counts as removed by us. */
  forget(id: string, removed: boolean): void {
    if (this.#images.delete(id) && removed) this.#removed++
  }

  /** Forgets every image that is not in `ids`. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#images.keys()]) if (!ids.has(id)) this.#images.delete(id)
  }

  /** The image to remove next. Undefined when all images fit or none may be removed. */
  get surplus(): CachedImage | undefined {
    const { idle, busy } = this.usage
    if (idle.bytes + busy.bytes <= this.#max) return undefined
    return this.#idle[0]
  }

  get usage(): ImageCacheUsage {
    const sum = (images: readonly CachedImage[]) => ({
      count: images.length,
      bytes: images.reduce((bytes, image) => bytes + image.size, 0),
    })
    const busy = [...this.#images.values()].filter(({ id }) => this.#users.has(id))
    return { max: this.#max, idle: sum(this.#idle), busy: sum(busy), removed: this.#removed }
  }

  get #idle(): CachedImage[] {
    const isRemovable = ({ id, tags }: CachedImage) => !this.#users.has(id) && !tags.some(tag => this.#exempt.has(tag))
    return [...this.#images.values()].filter(isRemovable)
  }
}
