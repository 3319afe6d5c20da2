import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { CookietinError } from '../../errors.ts'
import { currentOwner } from '../../utils/owner.ts'
import { seesMachineMounts } from './mount-namespace.ts'
import { ownerFile, rootPrefix, sweepSocketFolders } from './sweep.ts'

const run = promisify(execFile)

/** Bounds of a socket's folder: room for a socket and a link. A container cannot fill the disk through it. */
const tmpfs = 'size=1m,nr_inodes=64,mode=0777,nosuid,nodev,noexec'

/**
 * Makes the folders of containers' sockets, each shared with one container.
 *
 * Their parent folder is closed to other users. Inside, every user may write, because a container may run as any user. For root each folder
 * is a small file system of its own; otherwise only the disk bounds it.
 */
export class SocketFolders {
  readonly #parent: string | undefined
  #root: Promise<string> | undefined
  #made = 0
  /** This process may mount where the engine sees it. */
  #mayMount: boolean | undefined
  readonly #present = new Set<SocketFolder>()

  /** @param parent - The folder to make them in. @default the system's folder for temporary files */
  constructor(parent?: string) {
    this.#parent = parent
  }

  /** Makes a folder. */
  async make(): Promise<SocketFolder> {
    this.#root ??= makeRoot(this.#parent)
    // A disk that is full now may have room later.
    this.#root.catch(() => {
      this.#root = undefined
    })
    const path = join(await this.#root, String(this.#made++))
    await mkdir(path)
    this.#mayMount ??= process.getuid?.() === 0 && seesMachineMounts()
    const bounded = this.#mayMount && (await mount(path))
    if (!bounded) await chmod(path, 0o777)
    const folder = new SocketFolder(path, bounded, () => this.#present.delete(folder))
    this.#present.add(folder)
    return folder
  }

  /**
   * Removes all of it. A folder that could not be removed, since its container may still run, was reported before; it is swept after this
   * process has ended.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`
   */
  async close(): Promise<void> {
    const root = await this.#root?.catch(() => undefined)
    if (root === undefined || this.#present.size > 0) return
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
   * Removes it. Only after its container is removed, which could write to it until then.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`
   */
  async remove(): Promise<void> {
    // The files in it go with the file system.
    if (this.#bounded) await run('umount', ['-l', this.path]).catch(cause => leave(this.path, cause))
    await removeTree(this.path)
    this.#removed()
  }
}

async function makeRoot(parent = tmpdir()): Promise<string> {
  const root = await mkdtemp(join(resolve(parent), rootPrefix)).catch(error => {
    throw cannotMake(parent, error)
  })
  try {
    await writeFile(join(root, ownerFile), currentOwner())
  } catch (error) {
    await rm(root, { recursive: true, force: true })
    throw error
  }
  void sweepSocketFolders({ parent }).catch(() => {})
  return root
}

function cannotMake(parent: string, error: NodeJS.ErrnoException): unknown {
  // A full disk is not the setting's fault.
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'EACCES') return error
  return new CookietinError(
    'ERR_COOKIETIN_INVALID_CONFIG',
    `Cannot make the folder of the functions' sockets in ${parent} (${error.code}). Name another one in the config's socketFolder (COOKIETIN_SOCKET_FOLDER)`,
    { cause: error },
  )
}

/** Node.js names every file by its whole path, and fails in a tree that is deeper than a path may be long. */
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

/** Returns false where mounting is not allowed, as in most containers. */
async function mount(path: string): Promise<boolean> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', tmpfs, 'cookietin', path])
    return true
  } catch {
    return false
  }
}
