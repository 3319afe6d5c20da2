import type { ResolvedTask } from '../task.ts'
import type { CreateOptions } from './create-options.ts'
import { isHardened } from './hardened.ts'
import { checkOptions } from './hatch.ts'
import { labelsOf } from './labels.ts'
import { checkMountSources } from './mount-sources.ts'
import { createOptions } from './options.ts'
import type { Room } from './room.ts'

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
  await checkMountSources(task, room)
}
