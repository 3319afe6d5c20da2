import type { ResolvedTask } from '../../../task/task.ts'
import { createOptions } from '../create-options/build.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { checkOptions } from '../create-options/edited-options.ts'
import { isHardened } from '../create-options/hardened.ts'
import { labelsOf } from '../create-options/identity.ts'
import { checkMountSources } from '../create-options/mount-sources.ts'
import type { Room } from '../engine-context.ts'

/** The create options of a task, as they are before anybody has changed them. */
export function ownOptions({ config, hostname, instance }: Room, task: ResolvedTask): CreateOptions {
  return createOptions(task, { ...config, hostname }, labelsOf(instance, task.id))
}

/**
 * What is looked at before anything is asked of the engine: what was changed of the options by hand, and where mounts lead.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export async function preflight(room: Room, task: ResolvedTask, options: CreateOptions): Promise<void> {
  const rules = { ...room.config, isHardened: isHardened(task) }
  const loosened = checkOptions(options, ownOptions(room, task), rules)
  if (loosened.length > 0) {
    const [from, to, event] = [task.profile, 'loosened', loosened.join(', ')]
    room.moved({ machine: 'profile', id: task.id, from, to, event })
  }
  const { local, config } = room
  await checkMountSources(task, { local, allowDangerousMounts: config.allowDangerousMounts })
}
