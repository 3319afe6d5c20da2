import { setTimeout as after } from 'node:timers/promises'
import { CookietinError } from '../../errors.ts'
import { findGroups } from './proc.ts'

/** How long a freeze waits until every process has stopped, in ms. A process that waits for a disk stops only after that. */
const stopPatience = 1000

/**
 * Sends a signal to every process of a group, if it exists.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_ERROR` when the system forbids it.
 */
export function signalGroup(group: number, signal: NodeJS.Signals, cookieId: string): void {
  send(-group, signal, `${signal} to process group ${group}`, cookieId)
}

/**
 * Sends a signal to one process, if it exists.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_ERROR` when the system forbids it, or does not know the signal.
 */
export function signalProcess(pid: number, signal: string, cookieId: string): void {
  send(pid, signal as NodeJS.Signals, `${signal} to process ${pid}`, cookieId)
}

function send(target: number, signal: NodeJS.Signals, what: string, cookieId: string): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    throw new CookietinError(
      'ERR_COOKIETIN_ENGINE_ERROR',
      `Cannot send ${what} of cookie ${cookieId}: ${code}; it may run as another user by now, or this system has no such signal`,
      { cause: error, cookieId },
    )
  }
}

/** Resolves when every process of the group has stopped, which is a moment after the signal. */
export async function whenStopped(group: number): Promise<void> {
  const deadline = performance.now() + stopPatience
  for (;;) {
    const members = (await findGroups(new Set([group]))).get(group) ?? []
    if (members.every(({ state }) => state === 'T' || state === 't') || performance.now() > deadline) return
    await after(2)
  }
}
