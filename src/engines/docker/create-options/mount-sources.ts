import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'
import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import { dangerOf } from '../../../task/mounts/dangerous-mounts.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'

/** The settings that decide whether mount sources are checked. */
export interface MountSourceRules {
  /** The engine runs on this machine and sees its files. */
  readonly local: boolean
  readonly allowDangerousMounts: boolean
}

/**
 * Follows the links in a task's mount sources, since a harmless path may lead to a dangerous one. Links are followed
 * even when their target does not exist. Other missing sources are left to the engine, and so are those of a remote
 * engine. A path that changes after the check is not noticed.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export async function checkMountSources(
  task: ResolvedTask,
  { local, allowDangerousMounts }: MountSourceRules,
): Promise<void> {
  if (!local || allowDangerousMounts) return
  const sources = [
    ...task.volumes.map(({ source, readOnly }, index) => [`volumes[${index}].source`, source, readOnly] as const),
    ...(task.udsPath === undefined ? [] : [['udsPath', task.udsPath, false] as const]),
  ]
  const issues = await Promise.all(sources.map(([field, source, readOnly]) => issueOf(field, source, readOnly)))
  const found = issues.filter(issue => issue !== undefined)
  if (found.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', found)
}

async function issueOf(field: string, source: string, readOnly: boolean): Promise<FieldIssue | undefined> {
  const real = await targetOf(source)
  const danger = real === undefined || real === source ? undefined : dangerOf(real, { readOnly })
  if (danger === undefined) return undefined
  const allowed = `another path: it leads to ${real}, which is ${danger}; the config's allowDangerousMounts permits it`
  return { field, value: `'${source}'`, allowed }
}

/**
 * Resolves with the reason why a host path must not be mounted: by its text, and by where its links lead when the
 * engine is `local`. Undefined when it may.
 */
export async function dangerBehind(
  source: string,
  { readOnly, local }: { readonly readOnly: boolean; readonly local: boolean },
): Promise<string | undefined> {
  // The engine removes "..", "." and double slashes before it follows links.
  const path = posix
    .normalize(source)
    .replace(/(?<=.)\/$/, '')
    .replace(/^\/\//, '/')
  const danger = dangerOf(path, { readOnly })
  if (danger !== undefined || !local) return danger
  const real = await targetOf(path)
  const dangerThere = real === undefined || real === path ? undefined : dangerOf(real, { readOnly })
  return dangerThere && `a path that leads to ${real}, which is ${dangerThere}`
}

/** As in Linux, a path with more links than this counts as a cycle. */
const maxLinks = 40

/**
 * Like `realpath`, but also for a link whose target does not exist yet, such as the socket of a stopped engine.
 * Resolves with undefined for a cycle and for a folder that cannot be read.
 */
async function targetOf(path: string, linksLeft = maxLinks): Promise<string | undefined> {
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => error)
  if (typeof real === 'string') return real
  if (real.code !== 'ENOENT' || linksLeft === 0) return undefined
  const folder = await targetOf(dirname(path), linksLeft)
  if (folder === undefined) return undefined
  const named = join(folder, basename(path))
  const target = await readlink(named).catch(() => undefined)
  return target === undefined ? named : targetOf(resolve(folder, target), linksLeft - 1)
}
