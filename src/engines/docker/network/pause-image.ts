import { Readable } from 'node:stream'
import { pauseImage } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { hasImage } from '../image/pull.ts'

/** The pool's own image, which the engine makes out of nothing but a program. */
export class PauseImage {
  readonly #api: Api
  readonly #program: Buffer
  readonly #deadline: number
  #making: Promise<void> | undefined
  /** Of the images that were made here. */
  readonly #ids = new Set<string>()

  constructor(api: Api, program: Buffer, deadline: number) {
    this.#api = api
    this.#program = program
    this.#deadline = deadline
  }

  /** Makes it where it is not there; once for all who ask at the same time. */
  ensure(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  /** Takes it away again, unless another driver uses it. */
  async remove(): Promise<void> {
    await this.#making?.catch(() => {})
    // By its id as well: another driver may have made one of the same name since, which left ours without any.
    for (const name of [pauseImage, ...this.#ids]) {
      const doing = `remove image ${name}`
      await this.#api
        .request({ doing, method: 'DELETE', path: `/images/${encodeURIComponent(name)}`, deadline: this.#deadline })
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
      file: Readable.from([archiveOf(this.#program)]),
      text: true,
      deadline: this.#deadline,
    })
    const [id] = /sha256:[0-9a-f]{64}/.exec(String(body)) ?? []
    if (id !== undefined) this.#ids.add(id)
  }
}

const block = 512

/** A tar archive of the one file. */
function archiveOf(program: Buffer): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write('pause')
  header.write(octal(0o755, 7) + octal(0, 7) + octal(0, 7) + octal(program.length, 11) + octal(0, 11), 100)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, program, Buffer.alloc(block - (program.length % block)), Buffer.alloc(2 * block)])
}
