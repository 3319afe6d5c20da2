import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileEntry } from '../../engines/engine.ts'
import { CookietinError, messageOf } from '../../errors.ts'

/** The largest part of a file that is read at once, in bytes. */
const chunkSize = 256 * 1024

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** How a file or folder of this host is sent. */
export interface HostFile {
  /** Its path on this host. */
  readonly from: string
  /** Where it goes in the container. */
  readonly path: string
  /** The permission bits of every file; undefined: its own. */
  readonly mode: number | undefined
}

/**
 * Checks that a file or folder of this host can be sent, before anything is created for it.
 *
 * @throws CookietinError `ERR_COOKIETIN_FILES_FAILED`
 */
export async function checkHostFile({ from, path }: HostFile): Promise<void> {
  const found = await tried(from, path, () => stat(from))
  if (!found.isFile() && !found.isDirectory()) throw cannotSend(from, path, 'it is neither a file nor a folder')
}

/** Reads a file, or a folder with all that is in it. A link that was named is followed; one inside is sent as a link. */
export async function* hostEntries({ from, path, mode }: HostFile): AsyncGenerator<FileEntry, void, undefined> {
  yield* entriesOf(from, path, mode, true)
}

async function* entriesOf(
  from: string,
  path: string,
  mode: number | undefined,
  isNamed: boolean,
): AsyncGenerator<FileEntry, void, undefined> {
  const found = await tried(from, path, () => (isNamed ? stat(from) : lstat(from)))
  const own = found.mode & 0o777
  if (found.isFile()) {
    const content = { [Symbol.asyncIterator]: () => bytesOf(from, path, found.size) }
    yield { path, type: 'file', mode: mode ?? own, size: found.size, content }
  } else if (found.isSymbolicLink()) {
    const target = await tried(from, path, () => readlink(from))
    yield { path, type: 'link', mode: 0o777, size: 0, target, content: nothing() }
  } else if (found.isDirectory()) {
    yield { path, type: 'folder', mode: own, size: 0, content: nothing() }
    const names = await tried(from, path, () => readdir(from))
    for (const name of names.toSorted()) yield* entriesOf(join(from, name), `${path}/${name}`, mode, false)
  } else throw cannotSend(from, path, 'it is neither a file, a folder nor a symbolic link')
}

/** A file that grows meanwhile is sent with the size that it had. */
async function* bytesOf(from: string, path: string, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (size === 0) return
  let sent = 0
  try {
    const stream = createReadStream(from, { end: size - 1, highWaterMark: chunkSize })
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      sent += chunk.length
      yield chunk
    }
  } catch (error) {
    throw cannotSend(from, path, messageOf(error), error)
  }
  if (sent < size) throw cannotSend(from, path, 'it became shorter while it was read')
}

async function tried<T>(from: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw cannotSend(from, path, messageOf(error), error)
  }
}

function cannotSend(from: string, path: string, why: string, cause?: unknown): CookietinError {
  if (cause instanceof CookietinError) return cause
  const message = `Cannot send ${from} to ${path} of the container: ${why}`
  return new CookietinError('ERR_COOKIETIN_FILES_FAILED', message, { cause })
}
