import { InvalidInputError } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { createOptions } from '../create-options/build.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import { checkEditedOptions } from '../create-options/edited-options.ts'
import { fileIssues } from '../create-options/file-volumes.ts'
import { isHardened } from '../create-options/hardened.ts'
import { labelsOf } from '../create-options/identity.ts'
import { checkMountSources } from '../create-options/mount-sources.ts'
import type { EngineContext } from '../engine-context.ts'

/**
 * The create options of a task, before any edit by hand.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for files and artifacts that the engine cannot copy.
 */
export function defaultOptions({ config, hostname, instance }: EngineContext, task: ResolvedTask): CreateOptions {
  const options = createOptions(task, { ...config, hostname }, labelsOf(instance, task.id))
  const issues = fileIssues(task, options)
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
  return options
}

/** The input of {@link preflight}. */
export interface Preflight {
  readonly task: ResolvedTask
  /** The create options, which may have been edited by hand. */
  readonly options: CreateOptions
  /** The create options before any edit. */
  readonly defaults: CreateOptions
}

/**
 * Checks edited create options and the targets of mount sources. Reports what the edits loosen.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export async function preflight(context: EngineContext, { task, options, defaults }: Preflight): Promise<void> {
  const { config, local, engineSocket, onTransition } = context
  const { allow, allowDangerousMounts } = config
  const rules = { isHardened: isHardened(task), allow, allowDangerousMounts, local, engineSocket }
  const loosened = await checkEditedOptions(options, defaults, rules)
  if (loosened.length > 0) {
    onTransition({
      machine: 'profile',
      id: task.id,
      from: task.profile,
      to: 'loosened',
      event: loosened.join(', '),
    })
  }
  const issues = fileIssues(task, options)
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
  await checkMountSources(task, { local, engineSocket, allowDangerousMounts })
}
