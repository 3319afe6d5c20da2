import { posix } from 'node:path'
import { InvalidInputError } from '../../../errors.ts'
import { isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { replyOf } from '../connection/errors.ts'
import { imagePath } from '../connection/paths.ts'
import { type CreateOptions, isAllowed } from '../create-options/create-options.ts'
import { isHardened } from '../create-options/hardened.ts'
import { type ImageCommand, imageCommand } from './image-command.ts'
import { imageDigest } from './image-digest.ts'

/** An image that was checked. */
export interface CheckedImage extends ImageCommand {
  /** The engine's id of it; undefined where it does not tell. */
  readonly id: string | undefined
  /** `name@sha256:…`, else its id. */
  readonly digest: string | undefined
}

/** With the parts of its own config that a task must not take over unseen. */
interface ImageConfig extends CheckedImage {
  readonly volumes: readonly string[]
}

/** Refuses images whose own config is not safe for a task. */
export class ImageGuard {
  readonly #api: Api
  readonly #config: ResolvedDockerConfig
  /** By reference and platform, for the default profile. A call for each container would slow it down. */
  readonly #seen = new Map<string, Map<string, ImageConfig>>()

  constructor(api: Api, config: ResolvedDockerConfig) {
    this.#api = api
    this.#config = config
  }

  /**
   * Checks the image that a create call names: a name, an id, or the start of an id. A missing image passes.
   *
   * In the hardened profile, an image with volumes is refused. The engine makes each volume a folder on the host's
   * disk, which is writable and unlimited, also when the root file system is read-only.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
   * @returns what the image is, and runs by itself. Undefined when that is not known.
   */
  async check(
    task: ResolvedTask,
    { Image: image, WorkingDir }: CreateOptions,
    signal: AbortSignal,
  ): Promise<CheckedImage | undefined> {
    const config = await this.#configOf(image, task, signal)
    if (config === undefined) return undefined
    const { volumes, workDir } = config
    if (isHardened(task) && volumes.length > 0 && !isAllowed(this.#config, 'hardened-volumes')) {
      refuse(
        image,
        `an image without volumes of its own with the profile 'hardened' (it has ${volumes.join(', ')}); the config's allow: 'hardened-volumes' permits it`,
      )
    }
    // The image's own is taken for an empty one, too. Such a working directory can name a folder of the host that the runtime left open (CVE-2024-21626).
    if (!WorkingDir && isWithin(posix.normalize(workDir), '/proc')) {
      refuse(image, `an image whose working directory is outside /proc (it has ${workDir}); or set workDir`)
    }
    return config
  }

  /** Forgets an image, whose name may mean another one now. */
  forget(image: string): void {
    this.#seen.delete(image)
  }

  async #configOf(image: string, task: ResolvedTask, signal: AbortSignal): Promise<ImageConfig | undefined> {
    const mustBeFresh = isHardened(task)
    // One reference may mean an image of each platform.
    const platform = task.platform ?? ''
    const seen = mustBeFresh ? undefined : this.#seen.get(image)?.get(platform)
    if (seen !== undefined) return seen
    const call = { doing: `look at image ${image}`, method: 'GET', path: imagePath(image, '/json') } as const
    const { body } = await this.#api.request({ ...call, deadline: this.#config.engineTimeout, signal }).catch(error => {
      const reply = replyOf(error)
      // In the default profile a refused look is left to the create call, which is likely to be refused, too.
      if (reply?.status === 404 || (reply !== undefined && !mustBeFresh)) return { body: undefined }
      throw error
    })
    if (body === undefined) return undefined
    const { Config, Id } = body as { Config?: { Volumes?: object | null } | null; Id?: unknown }
    const config = {
      volumes: Object.keys(Config?.Volumes ?? {}),
      id: typeof Id === 'string' ? Id : undefined,
      digest: imageDigest(image, body as object),
      ...imageCommand(Config),
    }
    const platforms = this.#seen.get(image) ?? new Map<string, ImageConfig>()
    this.#seen.set(image, platforms.set(platform, config))
    return config
  }
}

function refuse(image: string, allowed: string): never {
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value: `'${image}'`, allowed }])
}
