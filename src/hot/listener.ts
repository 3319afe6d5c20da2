import { closeSync, constants, fstatSync, openSync, readlinkSync, watch } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { CookietinError } from '../errors.ts'

const socketName = 'lsnr.sock'

/** Names the file itself, not what it says or leads to. Node.js has no constant for it. */
const pathOnly = 0o10000000

/** How long to wait before a socket that is there, but does not listen yet, is tried again, in ms. */
const retryDelay = 5

/** A container's socket, held open: whatever its name leads to later, connections go to this one. */
export class Listener {
  /** The path to connect to. */
  readonly path: string
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
    this.path = `/proc/self/fd/${fd}`
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Resolves once the socket in the folder takes connections. Rejects with `ERR_COOKIETIN_SOCKET_UNTRUSTED` for anything else of its name. */
export async function untilListening(folder: string, signal: AbortSignal): Promise<Listener> {
  for await (const _ of changes(folder, signal)) {
    const fd = openSocket(folder)
    if (fd === undefined) continue
    const listener = new Listener(fd)
    try {
      while (!(await accepts(listener.path))) await pause(retryDelay, signal)
      return listener
    } catch (error) {
      listener.close()
      throw error
    }
  }
  throw signal.reason
}

/** Yields at once, and after each change in the folder. */
async function* changes(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  let wake = () => {}
  let changed = true
  const watcher = watch(folder, () => {
    changed = true
    wake()
  })
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false
        yield
        continue
      }
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    watcher.close()
  }
}

/**
 * Opens the socket without following anything, but for one link to a plain name in the same folder, as Fn's own kits make it. The
 * container may change the folder between any two steps, so what counts is what was opened, not what a name said before.
 */
function openSocket(folder: string): number | undefined {
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
  throw untrusted(folder, stats.isSymbolicLink() ? 'it is a link that leads on' : 'it is not a socket')
}

function linkedName(folder: string): string | undefined {
  let target: string
  try {
    target = readlinkSync(join(folder, socketName))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Not a link: the socket itself, or something that the open will tell.
    if (code === 'EINVAL') return socketName
    if (code === 'ENOENT') return undefined
    throw untrusted(folder, 'it cannot be read', error)
  }
  if (target !== '' && !target.includes('/') && target !== '.' && target !== '..') return target
  throw untrusted(folder, 'it is a link that leads out of the folder')
}

/** True when somebody listens. */
function accepts(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(false)
      else
        reject(
          untrusted(
            path,
            `it cannot be connected to (${error.code}). Does the function make it writable for all?`,
            error,
          ),
        )
    })
  })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

function untrusted(where: string, why: string, cause?: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_SOCKET_UNTRUSTED', `The function's socket in ${where} is refused: ${why}`, {
    cause,
  })
}
