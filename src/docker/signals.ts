import { type EngineReply, replyOf } from './errors.ts'
import { containerPath } from './inspect.ts'
import type { Room } from './room.ts'
import type { Named } from './start.ts'

// The engine learns of a change a moment after the runtime below it has made it, and passes on what the runtime says meanwhile:
// hence two wordings for each.

/** Freezes a container; one that is frozen stays so. */
export function sendPause(room: Room, named: Named): Promise<void> {
  return send(room, named, 'pause', ({ text }) => /already paused|cannot pause a paused/i.test(text))
}

/** Thaws a container. The engine answers 500 for one that is not frozen, whether it runs or has ended. */
export function sendUnpause(room: Room, named: Named): Promise<void> {
  return send(room, named, 'unpause', ({ text }) => /not paused|cannot resume a (running|stopped)/i.test(text))
}

/** Ends a container by SIGKILL, which also ends a frozen one, without letting it run again. What has ended stays so. */
export function sendKill(room: Room, named: Named): Promise<void> {
  const isMet = ({ status, text }: EngineReply) =>
    status === 409 || status === 404 || /not running|already finished|no such process/i.test(text)
  return send(room, named, 'kill', isMet, { signal: 'KILL' })
}

/** `isMet`: an error reply that says that it is so already. */
async function send(
  room: Room,
  { id, name }: Named,
  action: string,
  isMet: (reply: EngineReply) => boolean,
  query?: Record<string, string>,
): Promise<void> {
  try {
    await room.api.request({
      doing: `${action} container ${name}`,
      method: 'POST',
      path: containerPath(id, `/${action}`),
      query,
      deadline: room.config.engineTimeout,
    })
  } catch (error) {
    const reply = replyOf(error)
    if (reply === undefined || !isMet(reply)) throw error
  }
}
