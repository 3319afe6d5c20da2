import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import { dangerOf } from '../../../task/dangerous-mounts.ts'
import type { ResolvedTask } from '../../../task/task.ts'

/** What decides whether mount sources are checked. */
export interface MountSourceRules {
  /** The engine runs on this machine and sees its files. */
  readonly local: boolean
  readonly allowDangerousMounts: boolean
}

/**
 * Looks where the links in a task's mounts lead, there or not, since what a path says may be harmless. What is not there is else left to the
 * engine to tell, and an engine elsewhere has files of its own. A path that changes afterwards is not seen: whoever can change it has to be trusted.
 */
export async function checkMountSources(
  task: ResolvedTask,
  { local, allowDangerousMounts }: MountSourceRules,
): Promise<void> {
  if (!local || allowDangerousMounts) return
  const sources = [
    ...task.volumes.map(({ source }, index) => [`volumes[${index}].source`, source] as const),
    ...(task.udsPath === undefined ? [] : [['udsPath', task.udsPath] as const]),
  ]
  const issues = await Promise.all(sources.map(([field, source]) => issueOf(field, source)))
  const found = issues.filter(issue => issue !== undefined)
  if (found.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', found)
}

async function issueOf(field: string, source: string): Promise<FieldIssue | undefined> {
  const real = await whereLeads(source)
  const danger = real === undefined || real === source ? undefined : dangerOf(real)
  if (danger === undefined) return undefined
  const allowed = `another path: it leads to ${real}, which is ${danger}; the config's allowDangerousMounts lets it through`
  return { field, value: `'${source}'`, allowed }
}

/** As Linux: a path with more links than this is taken for a circle. */
const mostLinks = 40

/** As `realpath`, but also of a link to what is not there (yet: an engine's socket comes with the engine). Undefined for a circle, or where we may not look. */
async function whereLeads(path: string, linksLeft = mostLinks): Promise<string | undefined> {
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => error)
  if (typeof real === 'string') return real
  if (real.code !== 'ENOENT' || linksLeft === 0) return undefined
  const folder = await whereLeads(dirname(path), linksLeft)
  if (folder === undefined) return undefined
  const named = join(folder, basename(path))
  const target = await readlink(named).catch(() => undefined)
  return target === undefined ? named : whereLeads(resolve(folder, target), linksLeft - 1)
}
