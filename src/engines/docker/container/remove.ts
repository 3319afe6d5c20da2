import { CookietinError } from '../../../errors.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import { replyOf } from '../connection/errors.ts'
import { containerPath } from '../connection/paths.ts'
import type { EngineContext } from '../engine-context.ts'
import { inspectContainer } from './inspect.ts'

type RemovalContext = Pick<EngineContext, 'api' | 'liveness'>

/** One container to remove. */
export interface Removal {
  /** Undefined while only the name is known. */
  readonly id: string | undefined
  readonly name: string
  /** ms for all attempts together. */
  readonly budget: number
}

/** Attempts within the budget: when one call hangs, another may get through. */
const attempts = 4

/**
 * Removes a container in any state, together with its anonymous volumes. Resolves when no such container exists.
 *
 * @returns false when the engine did not know it from the beginning.
 * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED` when it may still exist after `budget` ms.
 */
export async function removeContainer(context: RemovalContext, { id, name, budget }: Removal): Promise<boolean> {
  const until = performance.now() + budget
  let cause: unknown
  for (let attempt = 0; ; attempt++) {
    const deadline = Math.min(Math.ceil(budget / attempts), Math.ceil(until - performance.now()))
    if (deadline <= 0 || context.liveness.closed) break
    try {
      const outcome = await tryRemove(context, { idOrName: id ?? name, name, deadline })
      if (outcome !== 'inProgress') return outcome === 'removed' || attempt > 0
    } catch (error) {
      cause = error
      // A call without a reply is retried as soon as the engine answers; after an error reply only the backoff applies.
      if (replyOf(error) === undefined) await context.liveness.found(Math.max(0, until - performance.now()))
    }
    await pause(Math.min(backoff(attempt), Math.max(0, until - performance.now())))
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  throw new CookietinError(
    'ERR_COOKIETIN_NOT_CLEANED',
    `Container ${name} could not be removed${reason}. It is tried again while this process lives; after that \`cookietin gc\` removes it`,
    { cause, leaked: [name] },
  )
}

interface RemovalCall {
  readonly idOrName: string
  readonly name: string
  readonly deadline: number
}

type Outcome = 'removed' | 'absent' | 'inProgress'

async function tryRemove({ api }: RemovalContext, { idOrName, name, deadline }: RemovalCall): Promise<Outcome> {
  try {
    await api.request({
      doing: `remove container ${name}`,
      method: 'DELETE',
      path: containerPath(idOrName),
      query: { force: 'true', v: 'true' },
      deadline,
    })
    return 'removed'
  } catch (error) {
    const status = replyOf(error)?.status
    if (status === 404) return 'absent'
    // Another call is removing it. It is gone once the engine no longer knows it.
    if (status !== 409) throw error
    return (await inspectContainer(api, idOrName, deadline)) === undefined ? 'removed' : 'inProgress'
  }
}
