import { PassThrough, type Readable } from 'node:stream'
import type { OpenCookie } from '../cookie/open-cookie.ts'

/** One output of every attempt of a run, one after the other, as one stream. It costs nothing until it is accessed. */
export class JoinedOutput {
  #joined: PassThrough | undefined
  #source: Readable | undefined
  #isEnded = false

  /** The stream, which begins with the present cookie's output. */
  readable(cookie: OpenCookie, name: 'stdout' | 'stderr'): Readable {
    if (this.#joined === undefined) {
      this.#joined = new PassThrough()
      // Whoever destroys it reads no more: the container must not wait.
      this.#joined.once('close', () => this.#source?.destroy())
      if (this.#isEnded) this.#join(cookie, name, { end: true })
      else this.follow(cookie, name)
    }
    return this.#joined
  }

  /** Goes on with the output of the next cookie. */
  follow(cookie: OpenCookie, name: 'stdout' | 'stderr'): void {
    this.#join(cookie, name, { end: false })
  }

  /** No attempt follows: the stream ends with what it has. */
  end(): void {
    this.#isEnded = true
    const [joined, source] = [this.#joined, this.#source]
    if (joined === undefined) return
    if (source === undefined || source.readableEnded || source.destroyed) joined.end()
    else source.once('end', () => joined.end())
  }

  #join(cookie: OpenCookie, name: 'stdout' | 'stderr', { end }: { readonly end: boolean }): void {
    const joined = this.#joined
    if (joined === undefined) return
    const before = this.#source
    const source = cookie[name]
    this.#source = source
    if (joined.destroyed) return void source.destroy()
    const pipe = () => void source.pipe(joined, { end })
    // The output of the attempt before may not be read to its end.
    if (before === undefined || before.readableEnded || before.destroyed) pipe()
    else before.once('end', pipe)
  }
}
