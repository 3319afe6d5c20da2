import { buffer } from 'node:stream/consumers'
import { type ArchiveContext, readArchive } from './read-archive.ts'

/** Who files in a container belong to. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A user database is not larger, in bytes. */
const maxDatabase = 1024 * 1024

/**
 * The ids of a container's user, as in `User` of its options. The engine itself would look a name up on its host, so
 * the container's own databases are read. A user that is not in them is left to the start, which fails.
 */
export async function ownerOf(context: ArchiveContext, user: string, signal: AbortSignal): Promise<Owner> {
  const [name = '', group] = user.split(':')
  if (name === '') return { uid: 0, gid: 0 }
  const account = /^\d+$/.test(name) ? undefined : await find(context, '/etc/passwd', name, signal)
  const uid = account === undefined ? Number(name) || 0 : account.id
  if (group === undefined) return { uid, gid: account?.group ?? 0 }
  if (/^\d+$/.test(group)) return { uid, gid: Number(group) }
  return { uid, gid: (await find(context, '/etc/group', group, signal))?.id ?? 0 }
}

async function find(context: ArchiveContext, path: string, name: string, signal: AbortSignal) {
  for await (const { type, size, content } of (await readArchive(context, path, signal)) ?? []) {
    if (type !== 'file' || size > maxDatabase) return undefined
    const lines = (await buffer(content)).toString().split('\n')
    const fields = lines.map(line => line.split(':')).find(([first]) => first === name)
    return fields && { id: Number(fields[2]) || 0, group: Number(fields[3]) || 0 }
  }
  return undefined
}
