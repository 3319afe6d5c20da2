import { CookietinError } from '../errors.ts'
import { protocolError } from './api.ts'
import { isLostReply, replyOf } from './errors.ts'
import { inspectContainer } from './inspect.ts'
import { labelNames } from './labels.ts'
import type { CreateOptions } from './options.ts'
import type { Room } from './room.ts'

/**
 * Creates a container and gives its id.
 *
 * Never aborted: an aborted create makes the container all the same (57 of 60), with nobody knowing. When the reply is lost, the
 * container is looked up by its name, which is ours alone, and taken as it is.
 */
export async function createContainer(
  room: Room,
  name: string,
  options: CreateOptions,
  secrets: readonly string[],
): Promise<string> {
  try {
    return await create(room, name, options, secrets)
  } catch (error) {
    if (!isLostReply(error)) throw error
    return await adopt(room, name, options, secrets, error as CookietinError)
  }
}

async function create(room: Room, name: string, options: CreateOptions, secrets: readonly string[]): Promise<string> {
  const doing = `create container ${name} of image ${options.Image}`
  const { body } = await room.api.request({
    doing,
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body: options,
    deadline: undefined,
    secrets,
  })
  const id = (body as { Id?: unknown } | undefined)?.Id
  if (typeof id !== 'string' || !/^[0-9a-f]{12,}$/.test(id)) throw protocolError(doing, 'its reply names no container')
  return id
}

async function adopt(
  room: Room,
  name: string,
  options: CreateOptions,
  secrets: readonly string[],
  lost: CookietinError,
): Promise<string> {
  const found = await lookUp(room, name, options, lost)
  if (found !== undefined) return found
  // It never got there, or is still on its way in: the engine lets only one of two have the name.
  try {
    return await create(room, name, options, secrets)
  } catch (error) {
    const taken = replyOf(error)?.status === 409 || isLostReply(error)
    const late = taken ? await lookUp(room, name, options, lost) : undefined
    if (late !== undefined) return late
    throw error
  }
}

async function lookUp(
  room: Room,
  name: string,
  options: CreateOptions,
  lost: CookietinError,
): Promise<string | undefined> {
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
