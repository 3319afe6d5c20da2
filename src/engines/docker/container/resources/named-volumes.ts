import { InvalidInputError } from '../../../../errors.ts'
import type { ResolvedTask } from '../../../../task/resolved-task.ts'
import { isAllowed } from '../../create-options/create-options.ts'
import { volumeLabel } from '../../create-options/identity.ts'
import type { EngineContext } from '../../engine-context.ts'

/**
 * Makes the volumes that a task names, where they are missing. A volume of others holds what they have put there.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for a volume of others.
 */
export async function makeVolumes({ api, config }: EngineContext, task: ResolvedTask): Promise<void> {
  for (const { volume } of task.namedVolumes) {
    const { body } = await api.request({
      doing: `make volume ${volume}`,
      method: 'POST',
      path: '/volumes/create',
      body: { Name: volume, Labels: { [volumeLabel]: '1' } },
      deadline: config.engineTimeout,
    })
    const { Labels, Driver } = (body ?? {}) as { Labels?: Record<string, string> | null; Driver?: string }
    if ((Labels?.[volumeLabel] !== undefined && Driver === 'local') || isAllowed(config, 'other-volumes')) continue
    const allowed = "a volume that cookietin has made, unless the config's allow lists 'other-volumes'"
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: 'volumes', value: `'${volume}'`, allowed }])
  }
}
