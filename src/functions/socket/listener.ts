import { closeSync, constants, fstatSync, openSync, readlinkSync, watch } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { CookietinError } from '../../errors.ts'

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

/**
 * Resolves once the socket in the folder takes connections. Rejects with `ERR_COOKIETIN_SOCKET_UNTRUSTED` for anything else of its name.
 * While a socket is there that takes none, `refused` is told why: it may not listen yet, or not yet be for all to use.
 */
export async function untilListening(
  folder: string,
  signal: AbortSignal,
  refused: (error: NodeJS.ErrnoException) => void = () => {},
): Promise<Listener> {
  for await (const _ of changes(folder, signal)) {
    // Opened anew each time: a function that starts again makes a new socket in place of the old one.
    for (let fd = openSocket(folder); fd !== undefined; fd = openSocket(folder)) {
      const listener = new Listener(fd)
      try {
        const refusal = await connectTo(listener.path)
        if (refusal === undefined) return listener
        refused(refusal)
      } catch (error) {
        listener.close()
        throw error
      }
      listener.close()
      await pause(retryDelay, signal)
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

/** What a socket says that does not listen yet, is not yet for all to use, or has too many who wait: it is tried again. */
const passing: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'EACCES', 'EAGAIN'])

/** Resolves with why it takes no connection; undefined where it does. */
function connectTo(path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (passing.has(error.code)) resolve(error)
      else reject(untrusted(path, `it cannot be connected to (${error.code})`, error))
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
