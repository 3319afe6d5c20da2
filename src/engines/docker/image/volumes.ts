import { InvalidInputError } from '../../../errors.ts'
import { formatImage } from '../../../task/image-name.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import type { Api } from '../connection/api.ts'
import { replyOf } from '../connection/errors.ts'
import { imagePath } from '../connection/paths.ts'
import { isAllowed } from '../create-options/create-options.ts'
import { isHardened } from '../create-options/hardened.ts'

/**
 * Refuses an image that brings volumes of its own, where code is not trusted: the engine makes each of them a folder on the host's disk, which is writable and
 * has no limit, whatever the root file system is. An image that is not there says nothing yet.
 */
export async function checkImageVolumes(
  task: ResolvedTask,
  { api, config }: { readonly api: Api; readonly config: ResolvedDockerConfig },
): Promise<void> {
  if (!isHardened(task) || isAllowed(config, 'hardened-volumes')) return
  const doing = `look at image ${task.image}`
  const path = imagePath(formatImage(task.imageName), '/json')
  const call = { doing, method: 'GET', path, deadline: config.engineTimeout } as const
  const { body } = await api.request(call).catch(error => {
    if (replyOf(error)?.status === 404) return { body: undefined }
    throw error
  })
  const { Config } = (body ?? {}) as { Config?: { Volumes?: Record<string, unknown> | null } | null }
  const volumes = Object.keys(Config?.Volumes ?? {})
  if (volumes.length === 0) return
  const allowed = `an image without volumes of its own with the profile 'hardened' (it has ${volumes.join(', ')}); the config's allow: 'hardened-volumes' lets it through`
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value: `'${task.image}'`, allowed }])
}
