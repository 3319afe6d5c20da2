import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CookietinError } from '../errors.ts'
import { currentOwner } from '../owner.ts'
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

  /** Makes a folder. */
  async make(): Promise<SocketFolder> {
    this.#root ??= makeRoot()
    const path = join(await this.#root, String(this.#made++))
    await mkdir(path)
    const bounded = process.getuid?.() === 0 && (await mount(path))
    if (!bounded) await chmod(path, 0o777)
    return new SocketFolder(path, bounded)
  }

  /** Removes what is left of it all. */
  async close(): Promise<void> {
    if (this.#root === undefined) return
    await rm(await this.#root, { recursive: true, force: true })
  }
}

/** One container's folder. */
export class SocketFolder {
  readonly path: string
  readonly #bounded: boolean

  constructor(path: string, bounded: boolean) {
    this.path = path
    this.#bounded = bounded
  }

  /**
   * Removes it. Only once the container is gone: what it can write to must not be deleted under its hands.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`
   */
  async remove(): Promise<void> {
    try {
      // With the file system goes all that was in it, however deep.
      if (this.#bounded) await run('umount', ['-l', this.path])
      if (this.#bounded) await rmdir(this.path)
      else await rm(this.path, { recursive: true, force: true })
    } catch (cause) {
      throw new CookietinError(
        'ERR_COOKIETIN_NOT_CLEANED',
        `Could not remove the socket folder ${this.path}; remove it by hand`,
        {
          cause,
          leaked: [this.path],
        },
      )
    }
  }
}

async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), rootPrefix))
  await writeFile(join(root, ownerFile), currentOwner())
  void sweepSocketFolders().catch(() => {})
  return root
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
