import { accessSync, closeSync, constants } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { pause } from '../../utils/timing.ts'
import { folderChanges } from './folder-changes.ts'
import { openSocketFile } from './socket-file.ts'

/** The pause before another look at a socket that is not accessible or accepts no connection yet, in ms. */
const retryDelay = 5

/** A container's socket, held open: connections go to this one, whatever its name leads to later. */
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
 * Resolves when there is a socket in the folder that this process may connect to.
 *
 * No connection is opened to find out whether it listens: a server may serve only one, or take one without a request for an error. A socket
 * that is linked listens, by Fn's contract. Another one listens a moment after it is made, for which {@link connectWithRetries} waits.
 *
 * @param onRefused - Called with the error while the socket denies access.
 * @throws CookietinError `ERR_COOKIETIN_SOCKET_UNTRUSTED` for anything that is not such a socket.
 */
export async function untilListening(
  folder: string,
  signal: AbortSignal,
  onRefused: (error: NodeJS.ErrnoException) => void = () => {},
): Promise<Listener> {
  for await (const _ of folderChanges(folder, signal)) {
    // Opened again each time: a function that restarts makes a new socket in place of the old one.
    for (let fd = openSocketFile(folder); fd !== undefined; fd = openSocketFile(folder)) {
      const listener = new Listener(fd)
      const refusal = refusalOf(listener)
      if (refusal === undefined) return listener
      listener.close()
      onRefused(refusal)
      await pause(retryDelay, signal)
      signal.throwIfAborted()
    }
  }
  throw signal.reason
}

function refusalOf({ path }: Listener): NodeJS.ErrnoException | undefined {
  try {
    accessSync(path, constants.W_OK)
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

/** What a socket answers that does not listen yet, is not accessible yet, or has a full backlog. Connects are repeated after it. */
const passing: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'EACCES', 'EAGAIN'])

/** True for the error of a connect that the socket did not accept. */
export function isRefusal(error: unknown): boolean {
  const { syscall, code } = (error ?? {}) as NodeJS.ErrnoException
  return syscall === 'connect' && passing.has(code)
}

/** Connects, and repeats a connect that the socket does not accept yet for up to `timeout` ms. */
export async function connectWithRetries(path: string, timeout: number, signal: AbortSignal): Promise<Socket> {
  const deadline = performance.now() + timeout
  for (;;) {
    try {
      return await connectTo(path)
    } catch (error) {
      if (!isRefusal(error) || performance.now() > deadline || !(await pause(retryDelay, signal))) throw error
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
