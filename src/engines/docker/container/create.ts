import { CookietinError } from '../../../errors.ts'
import { pause } from '../../../utils/timing.ts'
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
 * call is repeated. When the reply is lost, the container is looked up by its unique name and adopted.
 */
export async function createContainer(context: EngineContext, creation: Creation): Promise<string> {
  try {
    return await untilReachable(context, () => create(context, creation), {
      signal: creation.ending,
      mayRepeat: error => isUnreached(error) || isOutOfFiles(error),
    })
  } catch (error) {
    if (!isLostReply(error)) throw createError(error)
    return await adopt(context, creation, error as CookietinError)
  }
}

/** An engine carries out a call whose reply was lost, and the container may be seen this much later (ms). */
export const lateCreation = 2_000
/** Time between two looks for it, in ms. */
export const lookInterval = 50

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

async function adopt(context: EngineContext, creation: Creation, lost: CookietinError): Promise<string> {
  const found = await lookUp(context, creation, lost)
  if (found !== undefined) return found
  if (creation.ending.aborted) throw lost
  // The call did not arrive, or is still on its way. A second call is safe: the engine accepts the name only once.
  try {
    return await create(context, creation)
  } catch (error) {
    const isNameTaken = replyOf(error)?.status === 409 || isLostReply(error)
    const late = isNameTaken ? await lookUpLate(context, creation, lost) : undefined
    if (late !== undefined) return late
    // The name is taken before its container can be seen: by the first call, as nobody else knows it.
    throw isNameTaken || isUnreached(error) ? unknownState(creation, lost, error) : error
  }
}

async function lookUpLate(
  context: EngineContext,
  creation: Creation,
  lost: CookietinError,
): Promise<string | undefined> {
  const until = performance.now() + lateCreation
  for (;;) {
    const found = await lookUp(context, creation, lost)
    if (found !== undefined || performance.now() > until) return found
    await pause(lookInterval)
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
