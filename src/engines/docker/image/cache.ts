/** How full an engine is of images. */
export interface ImageCacheUsage {
  /** Above so many bytes in all, idle images are removed. */
  readonly max: number
  /** Images that no cookie of the driver uses, the exempt ones aside. */
  readonly idle: { readonly count: number; readonly bytes: number }
  /** Images that cookies of the driver use. */
  readonly busy: { readonly count: number; readonly bytes: number }
  /** How many were removed so far. */
  readonly removed: number
}

/** An image as the engine lists it. */
export interface CachedImage {
  readonly id: string
  /** Bytes. */
  readonly size: number
  readonly tags: readonly string[]
}

/** Knows which images are in use, and which of the others was used least recently. Pure. */
export class ImageCache {
  readonly #max: number
  readonly #exempt: ReadonlySet<string>
  /** In the order of their last use, the least recent first. */
  readonly #images = new Map<string, CachedImage>()
  readonly #users = new Map<string, number>()
  #removed = 0

  /** `exempt`: references with their tags. */
  constructor(max: number, exempt: readonly string[]) {
    this.#max = max
    this.#exempt = new Set(exempt)
  }

  /** An image is there; news of one that is known leave its place in the order as it is. */
  update(image: CachedImage): void {
    this.#images.set(image.id, image)
  }

  /** An image was used, or must not be tried again for now: it is the last to go. */
  touch(id: string): void {
    const image = this.#images.get(id)
    if (image === undefined) return
    this.#images.delete(id)
    this.#images.set(id, image)
  }

  /** A cookie uses it, until the returned function is called. */
  hold(id: string): () => void {
    this.touch(id)
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (this.#users.get(id) ?? 1) - 1
      if (left > 0) this.#users.set(id, left)
      else this.#users.delete(id)
      this.touch(id)
    }
  }

  /** It is gone from the engine. */
  forget(id: string, removed: boolean): void {
    if (this.#images.delete(id) && removed) this.#removed++
  }

  /** Keeps only those of `ids`: the others are gone. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of [...this.#images.keys()]) if (!ids.has(id)) this.#images.delete(id)
  }

  /** The image to remove next, or undefined when all fits or nothing may go. */
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
    const mayGo = ({ id, tags }: CachedImage) => !this.#users.has(id) && !tags.some(tag => this.#exempt.has(tag))
    return [...this.#images.values()].filter(mayGo)
  }
}
