import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CookietinError } from '../../errors.ts'
import { currentOwner } from '../../utils/owner.ts'
import { ownerFile, rootPrefix, sweepSocketFolders } from './sweep.ts'

const run = promisify(execFile)

/** What a socket's folder may hold: a socket, a link and what a careless function writes. The container cannot fill the disk through it. */
const tmpfs = 'size=1m,nr_inodes=64,mode=0777,nosuid,nodev,noexec'

/**
 * Folders that are shared with one container each, where its socket is.
 *
 * They lie below a folder that only we can enter; inside, anybody may write, since the container may run as any user. As root each
 * is a small file system of its own; else nothing bounds it but the disk.
 */
export class SocketFolders {
  #root: Promise<string> | undefined
  #made = 0
  readonly #there = new Set<SocketFolder>()

  /** Makes a folder. */
  async make(): Promise<SocketFolder> {
    this.#root ??= makeRoot()
    // A disk that is full now may not be so later.
    this.#root.catch(() => {
      this.#root = undefined
    })
    const path = join(await this.#root, String(this.#made++))
    await mkdir(path)
    const bounded = process.getuid?.() === 0 && (await mount(path))
    if (!bounded) await chmod(path, 0o777)
    const folder = new SocketFolder(path, bounded, () => this.#there.delete(folder))
    this.#there.add(folder)
    return folder
  }

  /**
   * Removes what is left of it all; but for folders that could not be removed, which whoever had them has told of: their containers may
   * still run. Those are swept once this process is gone.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`
   */
  async close(): Promise<void> {
    const root = await this.#root?.catch(() => undefined)
    if (root === undefined || this.#there.size > 0) return
    await removeTree(root)
  }
}

/** One container's folder. */
export class SocketFolder {
  readonly path: string
  readonly #bounded: boolean
  readonly #removed: () => void

  constructor(path: string, bounded: boolean, removed: () => void) {
    this.path = path
    this.#bounded = bounded
    this.#removed = removed
  }

  /**
   * Removes it. Only once the container is gone: what it can write to must not be deleted under its hands.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`
   */
  async remove(): Promise<void> {
    // With the file system goes all that was in it, however deep.
    if (this.#bounded) await run('umount', ['-l', this.path]).catch(cause => leave(this.path, cause))
    await removeTree(this.path)
    this.#removed()
  }
}

async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), rootPrefix))
  try {
    await writeFile(join(root, ownerFile), currentOwner())
  } catch (error) {
    await rm(root, { recursive: true, force: true })
    throw error
  }
  void sweepSocketFolders().catch(() => {})
  return root
}

/** Node.js itself names every file by its whole path, and cannot where a careless function has dug deeper than a path may be long. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await run('rm', ['-rf', '--', path]).catch(cause => leave(path, cause))
  }
}

function leave(path: string, cause: unknown): never {
  throw new CookietinError(
    'ERR_COOKIETIN_NOT_CLEANED',
    `Could not remove the socket folder ${path}; remove it by hand`,
    {
      cause,
      leaked: [path],
    },
  )
}

/** False where mounting is not allowed, as in most containers. */
async function mount(path: string): Promise<boolean> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', tmpfs, 'cookietin', path])
    return true
  } catch {
    return false
  }
}
