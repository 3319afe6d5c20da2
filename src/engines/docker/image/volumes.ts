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
 * Rejects an image with volumes in the hardened profile. The engine makes each volume a folder on the host's disk,
 * which is writable and unlimited, also when the root file system is read-only. A missing image passes.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
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
  const allowed = `an image without volumes of its own with the profile 'hardened' (it has ${volumes.join(', ')}); the config's allow: 'hardened-volumes' permits it`
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'image', value: `'${task.image}'`, allowed }])
}
