import { backoff, pause } from '../../../utils/timing.ts'
import { type EngineReply, replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'
import type { Room } from '../engine-context.ts'
import { inspectContainer } from './inspect.ts'
import type { Named } from './start.ts'

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

/** How many tries a kill that gets no answer has in the time of a call: where one hangs, another may well get through. */
const killTries = 4

/**
 * Ends a container by SIGKILL, which also ends a frozen one, without letting it run again. What has ended stays so. Whatever goes
 * wrong, it is sent again, for as long as the engine has for a call or until the container is seen to be over.
 */
export async function sendKill(room: Room, named: Named, isOver: () => boolean): Promise<void> {
  const { engineTimeout } = room.config
  const until = performance.now() + engineTimeout
  const isMet = ({ status, text }: EngineReply) =>
    status === 409 || status === 404 || /not running|already finished|no such process/i.test(text)
  const call = { action: 'kill', query: { signal: 'KILL' }, deadline: engineTimeout / killTries }
  for (let attempt = 0; ; attempt++) {
    try {
      await send(room, named, call, isMet)
      return
    } catch (error) {
      await pause(backoff(attempt))
      if (isOver() || performance.now() > until) throw error
    }
  }
}

/** How long to wait before the engine is asked again whether it is so already, in ms. */
const doubts = [1, 2, 4, 8, 16, 32, 64]

async function sendUntilSure(
  room: Room,
  named: Named,
  action: 'pause' | 'unpause',
  isMet: (reply: EngineReply) => boolean,
): Promise<void> {
  const call = { action, deadline: room.config.engineTimeout }
  let lost = 0
  for (const doubt of [...doubts, 0]) {
    try {
      if (await send(room, named, call, isMet)) return
    } catch (error) {
      // Without a reply it may have been done, and its state would be another than ours: it is looked at, and done if it was not.
      if (replyOf(error) !== undefined || lost++ > 0) throw error
      if ((await isPaused(room, named, error)) === (action === 'pause')) return
    }
    await pause(doubt)
  }
}

/** Whether it stands still, once the engine answers again. Throws the error given where that cannot be known. */
async function isPaused(room: Room, { id }: Named, error: unknown): Promise<boolean> {
  const { engineTimeout, reconnectTimeout } = room.config
  if (!(await room.liveness.found(reconnectTimeout))) throw error
  const state = await inspectContainer(room.api, id, engineTimeout).catch(() => undefined)
  if (state === undefined || !(state.running || state.paused)) throw error
  return state.paused
}

interface Call {
  readonly action: string
  readonly query?: Record<string, string>
  readonly deadline: number
}

/** False where an error reply says that it is so already, which is what `isMet` tells. */
async function send(
  room: Room,
  { id, name }: Named,
  { action, query, deadline }: Call,
  isMet: (reply: EngineReply) => boolean,
): Promise<boolean> {
  try {
    await room.api.request({
      doing: `${action} container ${name}`,
      method: 'POST',
      path: containerPath(id, `/${action}`),
      query,
      deadline,
    })
    return true
  } catch (error) {
    const reply = replyOf(error)
    if (reply === undefined || !isMet(reply)) throw error
    return false
  }
}
