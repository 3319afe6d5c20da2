import { setTimeout as after } from 'node:timers/promises'
import { CookietinError } from '../../errors.ts'
import { findGroups } from './proc.ts'

/** How long a freeze waits for every process to have stopped, in ms; one that waits for a disk stops only after that. */
const stopPatience = 1000

/**
 * Sends a signal to every process of a group. A group that is gone is no error.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_ERROR` where the system forbids it.
 */
export function signalGroup(group: number, signal: NodeJS.Signals, cookieId: string): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    throw new CookietinError(
      'ERR_COOKIETIN_ENGINE_ERROR',
      `Cannot send ${signal} to process group ${group} of cookie ${cookieId}: ${code}; it may run as another user by now`,
      { cause: error, cookieId },
    )
  }
}

/** Resolves once no process of the group runs any more: a stop signal takes its effect a moment after it was sent. */
export async function whenStopped(group: number): Promise<void> {
  const deadline = performance.now() + stopPatience
  for (;;) {
    const members = (await findGroups(new Set([group]))).get(group) ?? []
    if (members.every(({ state }) => state === 'T' || state === 't') || performance.now() > deadline) return
    await after(2)
  }
}
