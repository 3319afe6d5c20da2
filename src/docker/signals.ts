import { type EngineReply, replyOf } from './errors.ts'
import { containerPath } from './inspect.ts'
import type { Room } from './room.ts'
import type { Named } from './start.ts'
import { pause } from './timing.ts'

// The engine learns of a change a moment after the runtime below it has made it, and passes on what the runtime says meanwhile:
// hence two wordings for each. For that moment it may also refuse a change as made already that has just been unmade (a late event of
// the last thaw sets its flag back): hence its word is only taken when it keeps to it.

/** Freezes a container; one that is frozen stays so. */
export function sendPause(room: Room, named: Named): Promise<void> {
  return sendUntilSure(room, named, 'pause', ({ text }) => /already paused|cannot pause a paused/i.test(text))
}

/** Thaws a container. The engine answers 500 for one that is not frozen, whether it runs or has ended. */
export function sendUnpause(room: Room, named: Named): Promise<void> {
  return sendUntilSure(room, named, 'unpause', ({ text }) => /not paused|cannot resume a (running|stopped)/i.test(text))
}

/** Ends a container by SIGKILL, which also ends a frozen one, without letting it run again. What has ended stays so. */
export async function sendKill(room: Room, named: Named): Promise<void> {
  const isMet = ({ status, text }: EngineReply) =>
    status === 409 || status === 404 || /not running|already finished|no such process/i.test(text)
  await send(room, named, 'kill', isMet, { signal: 'KILL' })
}

/** How long to wait before the engine is asked again whether it is so already, in ms. */
const doubts = [1, 2, 4, 8, 16, 32, 64]

async function sendUntilSure(
  room: Room,
  named: Named,
  action: 'pause' | 'unpause',
  isMet: (reply: EngineReply) => boolean,
): Promise<void> {
  for (const doubt of [...doubts, 0]) {
    if (await send(room, named, action, isMet)) return
    await pause(doubt)
  }
}

/** False where an error reply says that it is so already, which is what `isMet` tells. */
async function send(
  room: Room,
  { id, name }: Named,
  action: string,
  isMet: (reply: EngineReply) => boolean,
  query?: Record<string, string>,
): Promise<boolean> {
  try {
    await room.api.request({
      doing: `${action} container ${name}`,
      method: 'POST',
      path: containerPath(id, `/${action}`),
      query,
      deadline: room.config.engineTimeout,
    })
    return true
  } catch (error) {
    const reply = replyOf(error)
    if (reply === undefined || !isMet(reply)) throw error
    return false
  }
}
