import { isRecord } from '../../../utils/validation/issues.ts'
import { protocolError, replyOf } from '../connection/errors.ts'
import { containerPath, imagePath } from '../connection/paths.ts'
import type { EngineContext } from '../engine-context.ts'
import { type ImageCommand, imageCommand } from '../image/image-command.ts'

/** The image of a spare container. */
export interface SpareImage extends ImageCommand {
  /** `sha256:…`. */
  readonly id: string
}

type Context = Pick<EngineContext, 'api' | 'config'>

/** Reads which image a container was made of, and what that image runs by itself. */
export async function readImageCommand(context: Context, container: string): Promise<SpareImage> {
  const { Image: id } = await read(context, `look at container ${container}`, containerPath(container, '/json'))
  if (typeof id !== 'string') throw protocolError(`look at container ${container}`, 'its reply names no image')
  const { Config } = await read(context, `look at image ${id}`, imagePath(id, '/json'))
  return { id, ...imageCommand(Config) }
}

/** The id of the image that a reference means now. Undefined when there is none. */
export async function imageIdOf(context: Context, reference: string): Promise<string | undefined> {
  try {
    const { Id } = await read(context, `look at image ${reference}`, imagePath(reference, '/json'))
    return typeof Id === 'string' ? Id : undefined
  } catch (error) {
    if (replyOf(error)?.status === 404) return undefined
    throw error
  }
}

async function read({ api, config }: Context, doing: string, path: string): Promise<Record<string, unknown>> {
  const { body } = await api.request({ doing, method: 'GET', path, deadline: config.engineTimeout })
  if (!isRecord(body)) throw protocolError(doing, 'its reply is not an object')
  return body
}
