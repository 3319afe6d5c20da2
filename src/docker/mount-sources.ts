import { realpath } from 'node:fs/promises'
import { type FieldIssue, InvalidInputError } from '../errors.ts'
import { dangerOf } from '../resolve/dangerous-mounts.ts'
import type { ResolvedTask } from '../task.ts'
import type { Room } from './room.ts'

/**
 * Looks where the links in a task's mounts lead, since what a path says may be harmless. What is not there is left to the engine to tell, and
 * an engine elsewhere has files of its own. A path that changes afterwards is not seen: whoever can change it has to be trusted.
 */
export async function checkMountSources(
  task: ResolvedTask,
  { local, config }: Pick<Room, 'local' | 'config'>,
): Promise<void> {
  if (!local || config.allowDangerousMounts) return
  const sources = [
    ...task.volumes.map(({ source }, index) => [`volumes[${index}].source`, source] as const),
    ...(task.udsPath === undefined ? [] : [['udsPath', task.udsPath] as const]),
  ]
  const issues = await Promise.all(sources.map(([field, source]) => issueOf(field, source)))
  const found = issues.filter(issue => issue !== undefined)
  if (found.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', found)
}

async function issueOf(field: string, source: string): Promise<FieldIssue | undefined> {
  const real = await realpath(source).catch(() => undefined)
  const danger = real === undefined || real === source ? undefined : dangerOf(real)
  if (danger === undefined) return undefined
  const allowed = `another path: it leads to ${real}, which is ${danger}; the config's allowDangerousMounts lets it through`
  return { field, value: `'${source}'`, allowed }
}
