import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { asError } from '../../../errors.ts'

// Without O_NONBLOCK, opening a pipe would wait for its reader, and block a thread. Windows has no such flag.
const openFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NONBLOCK ?? 0)

/** Opens a file to write it anew. Refuses a pipe, a device or a socket in its place, which could hold the task up without end. */
async function openOrdinary(path: string): Promise<FileHandle> {
  const refused = () => new Error(`${path} is not an ordinary file`)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === false && !found.isDirectory()) throw refused()
  const file = await open(path, openFlags)
  // It may have been put there meanwhile.
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw refused()
}

/** An output stream of a task: its last bytes are kept, and all of them are written to a file if there is a path. */
export class TaskStream extends Writable {
  readonly path: string | undefined
  readonly #tailSize: number
  #tail: Buffer = Buffer.alloc(0)
  #file: FileHandle | undefined

  /** The file is opened by the first bytes, so that tasks that wait hold none. `tailSize` is in bytes. */
  constructor({ path, tailSize = 0 }: { readonly path?: string | undefined; readonly tailSize?: number }) {
    super()
    this.path = path
    this.#tailSize = tailSize
    // An error is reported by `close`, and by the result of the run.
    this.on('error', () => {})
  }

  /** The last bytes. */
  get tail(): Buffer {
    return this.#tail
  }

  /** Ends the stream, and makes the file also of a stream without bytes. @throws The error of the file. */
  async close(): Promise<void> {
    const done = finished(this)
    this.end()
    await done
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#keep(chunk)
    this.#append(chunk).then(
      () => done(),
      (error: unknown) => done(asError(error)),
    )
  }

  override _final(done: (error?: Error) => void): void {
    this.#append(Buffer.alloc(0)).then(
      () => done(),
      (error: unknown) => done(asError(error)),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const file = this.#file
    this.#file = undefined
    const closed = file === undefined ? Promise.resolve() : file.close()
    closed.then(
      () => done(error),
      (closing: unknown) => done(error ?? asError(closing)),
    )
  }

  async #append(chunk: Buffer): Promise<void> {
    if (this.path === undefined) return
    if (this.#file === undefined) {
      await mkdir(dirname(this.path), { recursive: true })
      this.#file = await openOrdinary(this.path)
    }
    await this.#file.appendFile(chunk)
  }

  #keep(chunk: Buffer): void {
    if (this.#tailSize === 0 || chunk.length === 0) return
    const joined = chunk.length >= this.#tailSize ? chunk : Buffer.concat([this.#tail, chunk])
    // A copy: a slice would hold the whole chunk in memory.
    this.#tail = Buffer.from(joined.subarray(Math.max(0, joined.length - this.#tailSize)))
  }
}
