import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CookietinError } from '../../errors.ts'

const socketName = 'lsnr.sock'

/** Opens the file itself, without reading it or following it. Node.js has no constant for it. */
const pathOnly = 0o10000000

/**
 * Opens a function's socket without following anything but one link to a plain name in the same folder, which Fn's kits make.
 * The container may change the folder between any two steps, so only what was opened counts.
 *
 * @returns its file descriptor, undefined when there is no socket yet
 * @throws CookietinError `ERR_COOKIETIN_SOCKET_UNTRUSTED` for anything else of that name
 */
export function openSocketFile(folder: string): number | undefined {
  const name = linkedName(folder)
  if (name === undefined) return undefined
  let fd: number
  try {
    fd = openSync(join(folder, name), pathOnly | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw untrusted(folder, 'it cannot be opened', error)
  }
  const stats = fstatSync(fd)
  if (stats.isSocket()) return fd
  closeSync(fd)
  throw untrusted(folder, stats.isSymbolicLink() ? 'it is a link to another link' : 'it is not a socket')
}

function linkedName(folder: string): string | undefined {
  let target: string
  try {
    // As Fn's agent takes it, also with the folder itself before the name.
    target = readlinkSync(join(folder, socketName)).replace(/^(?:\.\/+)+/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Not a link: the socket itself, or something that the open will reject.
    if (code === 'EINVAL') return socketName
    if (code === 'ENOENT') return undefined
    throw untrusted(folder, 'it cannot be read', error)
  }
  if (target !== '' && !target.includes('/') && target !== '.' && target !== '..') return target
  throw untrusted(folder, 'it is a link to a path outside of the folder')
}

function untrusted(where: string, why: string, cause?: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_SOCKET_UNTRUSTED', `The function's socket in ${where} is refused: ${why}`, {
    cause,
  })
}
