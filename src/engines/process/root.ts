import { createReadStream, type Stats } from 'node:fs'
import { chown, lstat, mkdir, mkdtemp, open, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FileEntry, FileSource, FoundEntry } from '../engine.ts'

/** The user and the group of a task's files; undefined: those of this process. */
interface Owner {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/**
 * A private folder of this machine that stands for the root of a container: a task's files are put there, its artifacts
 * are taken from there, and its working directory is in it.
 */
export class ProcessRoot {
  readonly #owner: Owner
  #path: string | undefined

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /** Makes the folder, with a working directory in it. Resolves with the paths of both. */
  async make(workDir: string): Promise<{ readonly root: string; readonly cwd: string }> {
    this.#path = await realpath(await mkdtemp(join(tmpdir(), 'cookietin-root-')))
    await this.#own(this.#path)
    const cwd = join(this.#path, workDir)
    await this.#folders(cwd)
    return { root: this.#path, cwd }
  }

  async copyIn(sources: readonly FileSource[], signal: AbortSignal): Promise<void> {
    for (const source of sources) for await (const entry of source.entries()) await this.#write(entry, signal)
  }

  async copyOut(path: string): Promise<AsyncIterable<FoundEntry> | undefined> {
    let place = this.#path ?? ''
    const parts = path.split('/').slice(1)
    for (const [index, part] of parts.entries()) {
      place = join(place, part)
      const found = await statOf(place)
      if (found === undefined) return undefined
      // A link on the way may lead to anything of this machine.
      if (found.isSymbolicLink() && index < parts.length - 1) return refused(path, await linkAt(place))
    }
    return entriesOf(place, path)
  }

  async remove(): Promise<void> {
    if (this.#path !== undefined) await rm(this.#path, { recursive: true, force: true })
  }

  async #write({ path, type, mode, target, content }: FileEntry, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const place = join(this.#path ?? '', path)
    await this.#folders(type === 'folder' ? place : dirname(place))
    if (type === 'folder') return
    await rm(place, { force: true })
    if (type === 'link') return await symlink(target ?? '', place)
    const file = await open(place, 'wx', mode)
    try {
      for await (const chunk of content) {
        signal.throwIfAborted()
        await file.writeFile(chunk)
      }
      await file.chmod(mode)
    } finally {
      await file.close()
    }
    await this.#own(place)
  }

  /** Makes the folders of a path that are missing. A link among them was sent, and is not followed. */
  async #folders(path: string): Promise<void> {
    const found = await statOf(path)
    if (found?.isDirectory()) return
    if (found !== undefined) throw new Error(`${path} is no folder`)
    await this.#folders(dirname(path))
    await mkdir(path)
    await this.#own(path)
  }

  async #own(path: string): Promise<void> {
    const { uid, gid } = this.#owner
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
  }
}

async function* entriesOf(place: string, path: string): AsyncGenerator<FoundEntry, void, undefined> {
  const found = await statOf(place)
  if (found === undefined) return
  const { mode, size } = found
  if (found.isFile()) yield { path, type: 'file', mode, size, content: createContent(place) }
  else if (found.isDirectory()) {
    yield { path, type: 'folder', mode, size: 0, content: nothing() }
    for (const name of (await readdir(place)).toSorted()) yield* entriesOf(join(place, name), `${path}/${name}`)
  } else yield* refused(path, found.isSymbolicLink() ? await linkAt(place) : kindOf(found))
}

async function* refused(path: string, type: string): AsyncGenerator<FoundEntry, void, undefined> {
  yield { path, type, mode: 0, size: 0, content: nothing() }
}

/** Opened when it is read. */
const createContent = (place: string): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => createReadStream(place)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
})

const linkAt = async (place: string) => `symbolic link to ${(await readlink(place)).slice(0, 200)}`
const kindOf = (found: Stats) => (found.isFIFO() ? 'named pipe' : 'something that is neither a file nor a folder')
const statOf = (place: string) =>
  lstat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
