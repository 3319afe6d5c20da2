import { randomBytes } from 'node:crypto'
import { close, constants, open, read, write } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const openFile = promisify(open)
const readAt = promisify(read)
const writeAt = promisify(write)
const closeFile = promisify(close)

/** Bytes that are kept in memory. More go to a file. */
const inMemory = 256 * 1024
/** Bytes of one read. */
const readSize = 64 * 1024

/** Closes the file of a spool that nobody reads any longer. */
const abandoned = new FinalizationRegistry<number>(fd => close(fd, () => {}))

/**
 * Keeps bytes until they are read, in flat memory: the first 256 KiB in memory, more in a private file of this host's
 * folder for temporary files. The file has no name: the system frees it when it is closed, when nothing refers to the
 * spool, and when this process ends in any way.
 */
export class Spool implements AsyncDisposable {
  #chunks: Uint8Array[] = []
  #size = 0
  #fd: number | undefined
  #isClosed = false
  /** The last operation on the file: one at a time, so that none meets a closed file. */
  #busy: Promise<unknown> = Promise.resolve()

  /** Bytes that were written. */
  get size(): number {
    return this.#size
  }

  /** Bytes that are held in memory. */
  get held(): number {
    return this.#fd === undefined && !this.#isClosed ? this.#size : 0
  }

  /** Appends a chunk. */
  async write(chunk: Uint8Array): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#fd === undefined && this.#size + chunk.length <= inMemory) this.#chunks.push(Uint8Array.from(chunk))
      else {
        if (this.#fd === undefined) await this.#openFile()
        await this.#append(chunk, this.#size)
      }
      this.#size += chunk.length
    })
  }

  /** Reads a part. It can be read again. */
  async *read(start: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < start + length; ) {
      const chunk = await this.#inTurn(() => this.#part(at, Math.min(readSize, start + length - at)))
      at += chunk.length
      yield chunk
    }
  }

  /** Forgets what was written after `size` bytes. */
  truncate(size: number): void {
    if (this.#fd === undefined) this.#chunks = [Buffer.concat(this.#chunks).subarray(0, size)]
    this.#size = size
  }

  /** Frees the bytes. They cannot be read any longer. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.#inTurn(async () => {
      this.#isClosed = true
      this.#chunks = []
      const fd = this.#fd
      this.#fd = undefined
      if (fd === undefined) return
      abandoned.unregister(this)
      await closeFile(fd)
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(() => {
      if (this.#isClosed) throw new Error('the bytes were given up')
      return act()
    })
    this.#busy = turn.catch(() => {})
    return turn
  }

  async #openFile(): Promise<void> {
    const fd = await namelessFile()
    this.#fd = fd
    abandoned.register(this, fd, this)
    let at = 0
    for (const chunk of this.#chunks) {
      await this.#append(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
  }

  async #append(chunk: Uint8Array, position: number): Promise<void> {
    let done = 0
    while (done < chunk.length) {
      const { bytesWritten } = await writeAt(this.#fd ?? -1, chunk, done, chunk.length - done, position + done)
      done += bytesWritten
    }
  }

  async #part(at: number, length: number): Promise<Uint8Array> {
    if (this.#fd === undefined) {
      let before = 0
      for (const chunk of this.#chunks) {
        if (at < before + chunk.length) return chunk.subarray(at - before, at - before + length)
        before += chunk.length
      }
      throw new Error('there are no such bytes')
    }
    const { bytesRead, buffer } = await readAt(this.#fd, Buffer.allocUnsafe(length), 0, length, at)
    if (bytesRead === 0) throw new Error('there are no such bytes')
    return buffer.subarray(0, bytesRead)
  }
}

/** Opens a new file and removes its name. */
async function namelessFile(): Promise<number> {
  const { O_CREAT, O_EXCL, O_RDWR } = constants
  const path = join(tmpdir(), `cookietin-${randomBytes(12).toString('hex')}`)
  const fd = await openFile(path, O_CREAT | O_EXCL | O_RDWR, 0o600)
  try {
    await unlink(path)
  } catch (error) {
    await closeFile(fd)
    throw error
  }
  return fd
}
