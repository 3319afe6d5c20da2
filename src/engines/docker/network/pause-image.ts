import { pauseImage } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { imagePath } from '../connection/paths.ts'
import { type ImageEntry, makeImage } from '../image/make-image.ts'
import { hasImage } from '../image/pull.ts'

/** The pool's own image. The engine makes it from one program, without a registry. */
export class PauseImage {
  readonly #api: Api
  readonly #program: Buffer
  readonly #deadline: number
  #making: Promise<void> | undefined
  /** Ids of the images that this object has made. */
  readonly #ids = new Set<string>()

  /** `deadline`: time limit of one call, in ms. */
  constructor(api: Api, program: Buffer, deadline: number) {
    this.#api = api
    this.#program = program
    this.#deadline = deadline
  }

  /** Makes the image unless the engine has it. Callers at the same time share one attempt. */
  ensure(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  /** Removes the image, unless another driver uses it. */
  async remove(): Promise<void> {
    await this.#making?.catch(() => {})
    // Also by id: an image of another driver may have taken the name since.
    for (const image of [pauseImage, ...this.#ids]) {
      const doing = `remove image ${image}`
      await this.#api
        .request({ doing, method: 'DELETE', path: imagePath(image), deadline: this.#deadline })
        .catch(() => {})
    }
  }

  async #make(): Promise<void> {
    const [api, deadline] = [this.#api, this.#deadline]
    if (await hasImage(api, pauseImage, deadline)) return
    const entries: readonly ImageEntry[] = [{ name: 'pause', type: 'file', mode: 0o755, content: this.#program }]
    const id = await makeImage(api, { image: pauseImage, program: '/pause', entries, deadline })
    if (id !== undefined) this.#ids.add(id)
  }
}
