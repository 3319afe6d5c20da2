import { pipeline } from 'node:stream'
import type { FoundEntry } from '../../engine.ts'
import type { Api } from '../connection/api.ts'
import { connectionError, replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'

/** The container to copy from, and how. */
export interface ArchiveContext {
  readonly api: Api
  readonly container: { readonly id: string; readonly name: string }
  /** Until the reply begins, in ms. */
  readonly deadline: number
}

/** Reads a file or folder of a container. Resolves with undefined when the engine knows no such path or container. */
export async function readArchive(
  { api, container, deadline }: ArchiveContext,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<FoundEntry> | undefined> {
  const doing = `copy ${path} out of container ${container.name}`
  const { extract } = await import('tar-stream')
  const response = await api
    .stream({
      ...{ doing, method: 'GET', path: containerPath(container.id, '/archive') },
      ...{ query: { path }, deadline, signal },
    })
    .catch(error => {
      if (replyOf(error)?.status === 404) return undefined
      throw error
    })
  if (response === undefined) return undefined
  const archive = extract()
  const stop = () => response.destroy(new Error('it was cancelled'))
  signal.addEventListener('abort', stop, { once: true })
  pipeline(response, archive, () => {})

  return (async function* () {
    try {
      for await (const entry of archive) {
        const { name, type, size = 0, mode = 0, linkname } = entry.header
        const content = entry as AsyncIterable<Uint8Array>
        yield { path: placeOf(path, name), type: kindOf(type, linkname), mode, size, content }
        // What the reader has left of it.
        entry.resume()
      }
    } catch (error) {
      throw connectionError(error, doing, true)
    } finally {
      signal.removeEventListener('abort', stop)
      response.destroy()
      archive.destroy()
    }
  })()
}

/** The engine's names begin with the last part of the path. One that does not is left as it is, to be refused. */
function placeOf(path: string, name: string): string {
  const [first = '', ...rest] = name
    .replace(/^(\.\/)+/, '')
    .replace(/\/$/, '')
    .split('/')
  return ['', '.', '..'].includes(first) ? name : [path, ...rest].join('/')
}

const kinds: Readonly<Record<string, string>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  fifo: 'named pipe',
  'block-device': 'block device',
  'character-device': 'character device',
}

function kindOf(type: string | null | undefined, target: string | null | undefined): string {
  if (type === 'symlink') return `symbolic link to ${String(target).slice(0, 200)}`
  if (type === 'link') return `hard link to ${String(target).slice(0, 200)}`
  return kinds[type ?? ''] ?? 'something that is neither a file nor a folder'
}
