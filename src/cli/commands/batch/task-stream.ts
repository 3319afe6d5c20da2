import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { asError } from '../../../errors.ts'

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
      this.#file = await openFile(this.path)
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

const { O_CREAT, O_WRONLY, O_NONBLOCK } = constants

/** Opens an empty file. Without `O_NONBLOCK`, the open of a FIFO would wait for its reader, and could not be ended. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, O_CREAT | O_WRONLY | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENXIO' ? notOrdinary(path) : error
  })
  try {
    if (!(await file.stat()).isFile()) throw notOrdinary(path)
    await file.truncate()
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

const notOrdinary = (path: string) => new Error(`${path} is not an ordinary file`)
