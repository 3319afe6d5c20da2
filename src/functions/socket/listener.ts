import { closeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { pause } from '../../utils/timing.ts'
import { folderChanges } from './folder-changes.ts'
import { openSocketFile, untrusted } from './socket-file.ts'

/** The pause before another connect to a socket that accepts none yet, in ms. */
const retryDelay = 5

/** A container's socket, held open: connections go to this one, whatever its name leads to later. */
export class Listener {
  /** The path to connect to. */
  readonly path: string
  readonly #fd: number
  #first: Socket | undefined

  /** @param first - A connection that is open already. */
  constructor(fd: number, first?: Socket) {
    this.#fd = fd
    this.#first = first
    this.path = `/proc/self/fd/${fd}`
  }

  /** The connection that proved that the socket listens, once. A server that handles one connection at a time waits for its request. */
  takeFirst(): Socket | undefined {
    const first = this.#first
    this.#first = undefined
    return first?.destroyed === false ? first : undefined
  }

  close(): void {
    this.#first?.destroy()
    closeSync(this.#fd)
  }
}

/** What a socket answers that does not listen yet, is not accessible yet, or has a full backlog. Connects are repeated after it. */
const passing: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'EACCES', 'EAGAIN'])

/**
 * Resolves when the socket in the folder accepts connections.
 *
 * No connection is opened without being used: a server may take one that is closed without a request for an error. A socket that is linked
 * listens, by Fn's contract, and is not connected to. To another one the first connection is kept for the first call.
 *
 * @param onRefused - Called with the error of each connect that is repeated.
 * @throws CookietinError `ERR_COOKIETIN_SOCKET_UNTRUSTED` for anything that is not such a socket.
 */
export async function untilListening(
  folder: string,
  signal: AbortSignal,
  onRefused: (error: NodeJS.ErrnoException) => void = () => {},
): Promise<Listener> {
  for await (const _ of folderChanges(folder, signal)) {
    // Opened again each time: a function that restarts makes a new socket in place of the old one.
    for (let file = openSocketFile(folder); file !== undefined; file = openSocketFile(folder)) {
      if (file.isLinked) return new Listener(file.fd)
      const probe = new Listener(file.fd)
      try {
        return new Listener(file.fd, await connectTo(probe.path))
      } catch (error) {
        probe.close()
        const { code } = error as NodeJS.ErrnoException
        if (!passing.has(code)) throw untrusted(probe.path, `a connect to it failed (${code})`, error)
        onRefused(error as NodeJS.ErrnoException)
      }
      await pause(retryDelay, signal)
      signal.throwIfAborted()
    }
  }
  throw signal.reason
}

/** Connects, and repeats a connect that the socket does not accept yet for up to `timeout` ms. */
export async function connectWithRetries(path: string, timeout: number, signal: AbortSignal): Promise<Socket> {
  const deadline = performance.now() + timeout
  for (;;) {
    try {
      return await connectTo(path)
    } catch (error) {
      const isPassing = passing.has((error as NodeJS.ErrnoException).code)
      if (!isPassing || performance.now() > deadline || !(await pause(retryDelay, signal))) throw error
    }
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      // The one who takes it adds a listener of its own. Until then an error only closes it.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
