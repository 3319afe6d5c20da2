import { CookietinError } from '../../../errors.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import { replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'
import type { Room } from '../engine-context.ts'
import { inspectContainer } from './inspect.ts'

/** What removing needs of an engine. */
export type RemovalRoom = Pick<Room, 'api' | 'liveness'>

/**
 * Removes a container by its id or name, in any state, with the anonymous volumes it has. What is gone already is well gone.
 *
 * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED` when it may still be there after `budget` ms.
 */
export async function removeContainer(
  room: RemovalRoom,
  idOrName: string,
  name: string,
  budget: number,
): Promise<void> {
  const until = performance.now() + budget
  let cause: unknown
  for (let attempt = 0; ; attempt++) {
    const left = until - performance.now()
    if (left <= 0 || room.liveness.closed) break
    try {
      if (await tryRemove(room, idOrName, name, left)) return
    } catch (error) {
      cause = error
      // A call that got no reply goes on as soon as the engine is there; anything else may need a moment.
      if (replyOf(error) === undefined) await room.liveness.found(Math.max(0, until - performance.now()))
    }
    await pause(Math.min(backoff(attempt), Math.max(0, until - performance.now())))
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  throw new CookietinError(
    'ERR_COOKIETIN_NOT_CLEANED',
    `Container ${name} could not be removed${reason}. \`cookietin gc\` removes it once this process is gone`,
    { cause, leaked: [name] },
  )
}

/** False: it is being removed, or may be; ask again. */
async function tryRemove({ api }: RemovalRoom, idOrName: string, name: string, deadline: number): Promise<boolean> {
  try {
    await api.request({
      doing: `remove container ${name}`,
      method: 'DELETE',
      path: containerPath(idOrName),
      query: { force: 'true', v: 'true' },
      deadline,
    })
    return true
  } catch (error) {
    const status = replyOf(error)?.status
    if (status === 404) return true
    // Somebody else is removing it: it is gone when the engine no longer knows it.
    if (status === 409) return (await inspectContainer(api, idOrName, deadline)) === undefined
    throw error
  }
}
