import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pauseImage } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { imagePath } from '../connection/paths.ts'
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
    if (await hasImage(this.#api, pauseImage, this.#deadline)) return
    const [repo = '', tag = ''] = pauseImage.split(':')
    const { body } = await this.#api.request({
      doing: `make image ${pauseImage}`,
      method: 'POST',
      path: '/images/create',
      query: { fromSrc: '-', repo, tag, changes: 'CMD ["/pause"]' },
      headers: { 'Content-Type': 'application/x-tar' },
      file: Readable.from([await pauseArchive(this.#program)]),
      text: true,
      deadline: this.#deadline,
    })
    const [id] = /sha256:[0-9a-f]{64}/.exec(String(body)) ?? []
    if (id !== undefined) this.#ids.add(id)
  }
}

/** A tar archive of the program. It has no time of its own, so that its digest is always the same. */
export async function pauseArchive(program: Buffer): Promise<Buffer> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  archive.entry({ name: 'pause', mode: 0o755, mtime: new Date(0) }, program)
  archive.finalize()
  return await buffer(archive)
}
