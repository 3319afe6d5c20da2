import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { asError, CookietinError, messageOf } from '../../../errors.ts'
import { isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import { onAbort } from '../../../utils/abort.ts'
import { Spool } from '../../../utils/spool.ts'
import type { FileEntry, FileSource } from '../../engine.ts'
import { timeoutError } from '../connection/deadline.ts'
import { replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'
import { type Owner, ownerOf } from './owner.ts'
import type { ArchiveContext } from './read-archive.ts'

/** The most folders that are looked for: the engine makes the rest of the missing ones, for root. */
const maxLooks = 16

/** What files are copied into. */
export interface Target extends ArchiveContext {
  /** The user of the container; undefined: not known. */
  readonly user: string
  /** The anonymous volumes of a container whose root is read-only; empty: all goes into the root. */
  readonly volumes: readonly string[]
  /** How long the engine may take for one part, in ms. */
  readonly patience: number
}

/** Copies files into a container: one call for its root, or for each volume. */
export async function writeArchives(target: Target, files: readonly FileSource[], signal: AbortSignal): Promise<void> {
  const owner = await ownerOf(target, target.user, signal)
  if (target.volumes.length === 0) return await writeArchive(target, { root: '/', files, owner }, signal)
  for (const root of target.volumes) {
    const inside = files.filter(({ path }) => isWithin(path, root))
    await writeArchive(target, { root, files: inside, owner }, signal)
  }
  const others = files.filter(({ path }) => !target.volumes.some(root => isWithin(path, root)))
  if (others.length > 0) await writeArchive(target, { root: '/', files: others, owner }, signal)
}

interface Part {
  /** Absolute, in the container: it exists. */
  readonly root: string
  readonly files: readonly FileSource[]
  readonly owner: Owner
}

async function writeArchive(target: Target, part: Part, signal: AbortSignal): Promise<void> {
  const { api, container, patience } = target
  const folders = part.owner.uid === 0 ? [] : await missingFolders(target, part, signal)
  const doing = `copy files into container ${container.name}`
  const giveUp = new AbortController()
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
    giveUp.abort()
  }
  const release = onAbort(signal, () => giveUp.abort(signal.reason))
  const timer = setTimeout(() => fail(timeoutError(doing, patience)), patience)
  // The time counts while the engine is waited for, and not while a source is.
  const body = Readable.from(
    (async function* () {
      try {
        const archive = archiveOf(part, folders, giveUp.signal)
        for await (const chunk of archive) {
          timer.refresh()
          yield chunk
        }
        timer.refresh()
      } catch (error) {
        fail(error)
      }
    })(),
    { objectMode: false, highWaterMark: 256 * 1024 },
  )
  try {
    await api.request({
      ...{ doing, method: 'PUT', path: containerPath(container.id, '/archive'), query: { path: part.root } },
      ...{ headers: { 'Content-Type': 'application/x-tar' }, file: body, deadline: undefined, signal: giveUp.signal },
    })
    if (failure !== undefined) throw failure
  } catch (error) {
    throw failure ?? error
  } finally {
    clearTimeout(timer)
    release()
    giveUp.abort()
    body.destroy()
  }
}

/** The bytes of a tar file with the entries, whose names begin at the root of the part. */
async function* archiveOf(part: Part, folders: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  const release = onAbort(signal, () => archive.destroy(new Error('it was cancelled')))
  let failure: unknown
  const fill = async () => {
    // The engine takes `/` for the root of the volume itself, whose owner would be root.
    if (part.root !== '/') await add(folderAt(part.root, '/'))
    for (const path of folders) await add(folderAt(path, nameOf(path)))
    for (const source of part.files)
      for await (const entry of source.entries()) await add({ entry, name: nameOf(entry.path) })
    archive.finalize()
  }
  const nameOf = (path: string) => posix.relative(part.root, path)
  const folderAt = (path: string, name: string) => ({
    entry: { path, type: 'folder', mode: 0o755, size: 0, content: Readable.from([]) } satisfies FileEntry,
    name,
  })
  const add = async ({ entry, name }: { entry: FileEntry; name: string }) => {
    signal.throwIfAborted()
    if (name === '' && entry.type !== 'folder')
      throw new Error(`${entry.path} must be a folder where the root is read-only`)
    const header = { name: name || '/', mode: entry.mode, uid: part.owner.uid, gid: part.owner.gid, mtime: new Date() }
    if (entry.type === 'folder') archive.entry({ ...header, type: 'directory' })
    else if (entry.type === 'link') archive.entry({ ...header, type: 'symlink', linkname: entry.target ?? '' })
    else if (entry.size !== undefined) await addFile({ ...header, size: entry.size }, entry.content)
    else {
      // A tar file has the size before the bytes.
      await using spool = new Spool()
      for await (const chunk of entry.content) {
        signal.throwIfAborted()
        await spool.write(chunk)
      }
      await addFile({ ...header, size: spool.size }, spool.read(0, spool.size))
    }
  }
  const addFile = async (header: { name: string; size: number }, content: AsyncIterable<Uint8Array>) => {
    const sink = archive.entry(header)
    sink.on('error', () => {})
    for await (const chunk of content) {
      signal.throwIfAborted()
      if (!sink.write(chunk)) await next(sink, 'drain')
    }
    sink.end(undefined)
    if (header.size > 0) await next(sink, 'close')
  }
  const filled = fill().catch(error => {
    failure = error
    archive.destroy(asError(error))
  })
  try {
    for await (const chunk of archive as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    failure ??= error
  } finally {
    release()
    archive.destroy(new Error('it is not read any longer'))
  }
  await filled
  if (failure === undefined) return
  if (failure instanceof CookietinError || signal.aborted) throw failure
  throw new CookietinError('ERR_COOKIETIN_FILES_FAILED', `Cannot send the files of the task: ${messageOf(failure)}`, {
    cause: failure,
  })
}

/** The folders on the way to the files that are not there, so that they get the files' owner. */
async function missingFolders(target: Target, { root, files }: Part, signal: AbortSignal): Promise<string[]> {
  const folders = new Set<string>()
  for (const { path } of files) {
    for (let folder = posix.dirname(path); folder !== root && folder !== '/'; folder = posix.dirname(folder)) {
      folders.add(folder)
    }
  }
  const missing: string[] = []
  let looks = 0
  for (const folder of [...folders].toSorted()) {
    if (missing.some(above => isWithin(folder, above))) missing.push(folder)
    else if (looks++ < maxLooks && !(await exists(target, folder, signal))) missing.push(folder)
  }
  return missing
}

async function exists({ api, container, deadline }: Target, path: string, signal: AbortSignal): Promise<boolean> {
  const doing = `look for ${path} in container ${container.name}`
  try {
    await api.request({
      ...{ doing, method: 'HEAD', path: containerPath(container.id, '/archive'), query: { path } },
      ...{ text: true, deadline, signal },
    })
    return true
  } catch (error) {
    if (replyOf(error)?.status === 404) return false
    throw error
  }
}

/** The parts of a stream of tar-stream that are waited for. */
interface EntrySink {
  readonly destroyed: boolean
  on(event: 'drain' | 'close', listener: () => void): unknown
  off(event: 'drain' | 'close', listener: () => void): unknown
}

/** Resolves at the event, or when the stream is closed. */
function next(stream: EntrySink, event: 'drain' | 'close'): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      stream.off(event, done)
      stream.off('close', done)
      resolve()
    }
    stream.on(event, done)
    if (event !== 'close') stream.on('close', done)
    if (stream.destroyed) done()
  })
}
