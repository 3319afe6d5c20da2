import { CookietinError } from '../../../errors.ts'
import { backoff, pause } from '../../../utils/timing.ts'
import { isLostReply, isOutOfFiles, isUnreached, protocolError, replyOf } from '../connection/errors.ts'
import { untilReachable } from '../connection/liveness.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { labelNames } from '../create-options/identity.ts'
import type { EngineContext } from '../engine-context.ts'
import { inspectContainer } from './inspect.ts'

/** One container to create. */
export interface Creation {
  readonly name: string
  readonly options: CreateOptions
  readonly platform?: string | undefined
  /** Values to mask in errors. */
  readonly secrets: readonly string[]
  /** Called with each warning of the engine. */
  readonly warn: (text: string) => void
  /** Aborted when the container is not needed any longer. Then no further call is made. */
  readonly ending: AbortSignal
}

/**
 * Creates a container and resolves with its id.
 *
 * The call is never aborted: 57 of 60 aborted create calls made the container. While the engine cannot be reached, the
 * call is repeated. When the reply is lost, the container is claimed by its unique name.
 */
export async function createContainer(context: EngineContext, creation: Creation): Promise<string> {
  try {
    return await untilReachable(context, () => create(context, creation), {
      signal: creation.ending,
      mayRepeat: error => isUnreached(error) || isOutOfFiles(error),
    })
  } catch (error) {
    if (!isLostReply(error)) throw createError(error)
    return await claimContainer(context, creation, error as CookietinError)
  }
}

async function create({ api }: EngineContext, { name, options, platform, secrets, warn }: Creation): Promise<string> {
  const doing = `create container ${name} of image ${options.Image}`
  const { body } = await api.request({
    doing,
    method: 'POST',
    path: '/containers/create',
    query: { name, ...(platform !== undefined && { platform }) },
    body: options,
    deadline: undefined,
    secrets,
  })
  const { Id: id, Warnings } = (body ?? {}) as { Id?: unknown; Warnings?: unknown }
  if (typeof id !== 'string' || !/^[0-9a-f]{12,}$/.test(id)) throw protocolError(doing, 'its reply has no container id')
  if (Array.isArray(Warnings)) for (const text of Warnings) warn(String(text))
  return id
}

/**
 * After a lost reply the engine has made the container, is still making it, or has not heard of it. Resolves with the id of
 * that container, else of a second one: the engine accepts the name only once, and from the beginning of a creation on.
 * It goes on when the container is not needed any longer, because only a container that is known can be removed.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_LOST` when that is still not known after `startTimeout` ms.
 */
export async function claimContainer(
  context: EngineContext,
  creation: Creation,
  lost: CookietinError,
): Promise<string> {
  const until = performance.now() + context.config.startTimeout
  for (let attempt = 0; ; attempt++) {
    const found = await lookUp(context, creation, lost)
    if (found !== undefined) return found
    try {
      return await create(context, creation)
    } catch (error) {
      const mayBeMaking = replyOf(error)?.status === 409 || isLostReply(error)
      if (!mayBeMaking) throw isUnreached(error) ? unknownState(creation, lost, error) : error
      if (performance.now() > until) throw unknownState(creation, lost, error)
    }
    await pause(backoff(attempt))
  }
}

async function lookUp(
  { api, config, liveness }: EngineContext,
  creation: Creation,
  lost: CookietinError,
): Promise<string | undefined> {
  const { name, options, ending } = creation
  const { engineTimeout, reconnectTimeout } = config
  try {
    // A container that is not needed any longer is only looked for to be removed.
    if (!(await liveness.found(ending.aborted ? engineTimeout : reconnectTimeout))) throw lost
    const state = await inspectContainer(api, name, engineTimeout)
    return state?.labels[labelNames.instance] === options.Labels[labelNames.instance] ? state?.id : undefined
  } catch (cause) {
    throw unknownState(creation, lost, cause)
  }
}

function unknownState({ name }: Creation, lost: CookietinError, cause: unknown): CookietinError {
  const message = `${lost.message}. Whether container ${name} exists is not known`
  return new CookietinError('ERR_COOKIETIN_ENGINE_LOST', message, { cause, leaked: [name], retryable: true })
}

/** The create call holds only the task: a request that the engine rejects as invalid is an invalid task. */
function createError(error: unknown): unknown {
  const reply = replyOf(error)
  if (!(error instanceof CookietinError) || reply?.status !== 400) return error
  if (error.code !== 'ERR_COOKIETIN_ENGINE_ERROR') return error
  return new CookietinError('ERR_COOKIETIN_INVALID_TASK', error.message, { cause: reply })
}
