import { CookietinError } from '../../../errors.ts'
import { isLostReply, protocolError, replyOf } from '../connection/errors.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { labelNames } from '../create-options/identity.ts'
import type { Room } from '../engine-context.ts'
import { inspectContainer } from './inspect.ts'

/** One create call. */
export interface Creation {
  readonly name: string
  readonly options: CreateOptions
  /** Not to be seen in errors. */
  readonly secrets: readonly string[]
  /** Aborted once nobody wants the container any more and its creation takes too long: from then on it is only looked for. */
  readonly abandoned: AbortSignal
}

/**
 * Creates a container and gives its id.
 *
 * Not aborted when its caller gives up: an aborted create makes the container all the same (57 of 60), with nobody knowing. When the
 * reply is lost, the container is looked up by its name, which is ours alone, and taken as it is.
 */
export async function createContainer(room: Room, creation: Creation): Promise<string> {
  try {
    return await create(room, creation)
  } catch (error) {
    if (!creation.abandoned.aborted && !isLostReply(error)) throw refusal(error)
    return await adopt(room, creation, error as CookietinError)
  }
}

async function create(room: Room, { name, options, secrets, abandoned }: Creation): Promise<string> {
  const doing = `create container ${name} of image ${options.Image}`
  const { body } = await room.api.request({
    doing,
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body: options,
    deadline: undefined,
    signal: abandoned,
    secrets,
  })
  const id = (body as { Id?: unknown } | undefined)?.Id
  if (typeof id !== 'string' || !/^[0-9a-f]{12,}$/.test(id)) throw protocolError(doing, 'its reply names no container')
  return id
}

async function adopt(room: Room, creation: Creation, lost: CookietinError): Promise<string> {
  const found = await lookUp(room, creation, lost)
  if (found !== undefined) return found
  if (creation.abandoned.aborted) throw lost
  // It never got there, or is still on its way in: the engine lets only one of two have the name.
  try {
    return await create(room, creation)
  } catch (error) {
    const taken = replyOf(error)?.status === 409 || isLostReply(error)
    const late = taken ? await lookUp(room, creation, lost) : undefined
    if (late !== undefined) return late
    throw error
  }
}

async function lookUp(room: Room, { name, options }: Creation, lost: CookietinError): Promise<string | undefined> {
  const { engineTimeout } = room.config
  try {
    if (!(await room.liveness.found(engineTimeout))) throw lost
    const state = await inspectContainer(room.api, name, engineTimeout)
    return state?.labels[labelNames.instance] === options.Labels[labelNames.instance] ? state?.id : undefined
  } catch (cause) {
    throw new CookietinError(
      'ERR_COOKIETIN_ENGINE_LOST',
      `${lost.message}. Whether container ${name} exists is not known`,
      { cause, leaked: [name], retryable: true },
    )
  }
}

/** What the engine cannot make sense of is in the task: nothing else goes into a create. */
function refusal(error: unknown): unknown {
  const reply = replyOf(error)
  if (!(error instanceof CookietinError) || reply?.status !== 400) return error
  if (error.code !== 'ERR_COOKIETIN_ENGINE_ERROR') return error
  return new CookietinError('ERR_COOKIETIN_INVALID_TASK', error.message, { cause: reply })
}
