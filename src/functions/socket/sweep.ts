import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ownerIsAlive } from '../../utils/owner.ts'

const run = promisify(execFile)

/** What the folder that holds a process's socket folders is named by, among the system's temporary files. */
export const rootPrefix = 'cookietin-sockets-'
/** The file in it that says whose it is. */
export const ownerFile = 'owner'

/** A folder of sockets that a dead process left. */
export interface SweptFolder {
  readonly path: string
  readonly removed: boolean
}

/** Removes the folders that dead processes of this user on this host have left. `dryRun` only lists them. */
export async function sweepSocketFolders({
  dryRun = false,
}: {
  readonly dryRun?: boolean
} = {}): Promise<readonly SweptFolder[]> {
  const swept: SweptFolder[] = []
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(rootPrefix) || !(await isOurs(path)) || !(await isOrphaned(path))) continue
    swept.push({ path, removed: !dryRun && (await remove(path)) })
  }
  return swept
}

/** Anybody may make a folder of that name, with links in it that lead elsewhere: only what nobody else can have made is touched. */
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
