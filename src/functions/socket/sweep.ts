import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ownerIsAlive } from '../../utils/owner.ts'

const run = promisify(execFile)

/** The start of the name of the folder that holds a process's socket folders. */
export const rootPrefix = 'cookietin-sockets-'
/** The file that names the folder's owner. */
export const ownerFile = 'owner'

/** A folder of sockets of a dead process. */
export interface SweptFolder {
  readonly path: string
  readonly removed: boolean
}

/** Removes the socket folders of dead processes of this user on this host. `dryRun` only lists them. */
export async function sweepSocketFolders({
  dryRun = false,
  parent = tmpdir(),
}: {
  readonly dryRun?: boolean
  readonly parent?: string | undefined
} = {}): Promise<readonly SweptFolder[]> {
  const swept: SweptFolder[] = []
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (!name.startsWith(rootPrefix) || !(await isOurs(path)) || !(await isOrphaned(path))) continue
    swept.push({ path, removed: !dryRun && (await remove(path)) })
  }
  return swept
}

/** Every user may make a folder of that name, with links in it. Only one that is closed to other users is touched. */
async function isOurs(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0
}

async function isOrphaned(path: string): Promise<boolean> {
  const owner = await readFile(join(path, ownerFile), 'utf8').catch(() => undefined)
  return owner !== undefined && !ownerIsAlive(owner)
}

async function remove(path: string): Promise<boolean> {
  try {
    for (const entry of await readdir(path)) {
      if (entry !== ownerFile) await run('umount', ['-l', join(path, entry)]).catch(() => {})
    }
    await rm(path, { recursive: true })
    return true
  } catch {
    return false
  }
}
