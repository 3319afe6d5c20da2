import { readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, posix, resolve } from 'node:path'
import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import { dangerOf, isWithin } from '../../../task/mounts/dangerous-mounts.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'

/** The settings that decide whether mount sources are checked. */
export interface MountSourceRules {
  /** The engine runs on this machine and sees its files. */
  readonly local: boolean
  /** The path of the engine's own socket on this machine. */
  readonly engineSocket?: string | undefined
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
  { local, engineSocket, allowDangerousMounts }: MountSourceRules,
): Promise<void> {
  if (!local || allowDangerousMounts) return
  const sources = [
    ...task.volumes.map(({ source, readOnly }, index) => [`volumes[${index}].source`, source, readOnly] as const),
    ...(task.udsPath === undefined ? [] : [['udsPath', task.udsPath, false] as const]),
  ]
  const issues = await Promise.all(
    sources.map(([field, source, readOnly]) => issueOf(field, source, { readOnly, engineSocket })),
  )
  const found = issues.filter(issue => issue !== undefined)
  if (found.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', found)
}

type SourceRules = { readonly readOnly: boolean } & Pick<MountSourceRules, 'engineSocket'>

async function issueOf(field: string, source: string, rules: SourceRules): Promise<FieldIssue | undefined> {
  const danger = await dangerThere(source, rules)
  if (danger === undefined) return undefined
  const allowed = `another path: it is ${danger}; the config's allowDangerousMounts permits it`
  return { field, value: `'${source}'`, allowed }
}

/** Why what is at a path of this machine must not be mounted, where the text of the path does not tell. */
async function dangerThere(path: string, { readOnly, engineSocket }: SourceRules): Promise<string | undefined> {
  const real = await targetOf(path)
  const danger = real === undefined || real === path ? undefined : dangerOf(real, { readOnly })
  if (danger !== undefined) return `a path that leads to ${real}, which is ${danger}`
  return real === undefined || engineSocket === undefined ? undefined : await socketThere(real, engineSocket)
}

/** The engine's own socket may have any name. A hard link to it is another path to the same. */
async function socketThere(real: string, engineSocket: string): Promise<string | undefined> {
  const socket = await realpath(engineSocket).catch(() => engineSocket)
  const danger = "the engine's own socket, which gives root on the host"
  if (isWithin(socket, real)) return socket === real ? danger : `a folder that holds ${danger}`
  const [there, own] = await Promise.all([real, socket].map(path => stat(path).catch(() => undefined)))
  return own !== undefined && there?.ino === own.ino && there.dev === own.dev ? danger : undefined
}

/**
 * Resolves with the reason why a host path must not be mounted: by its text, and by where its links lead when the
 * engine is `local`. Undefined when it may.
 */
export async function dangerBehind(
  source: string,
  { readOnly, local, engineSocket }: SourceRules & Pick<MountSourceRules, 'local'>,
): Promise<string | undefined> {
  // The engine removes "..", "." and double slashes before it follows links.
  const path = posix
    .normalize(source)
    .replace(/(?<=.)\/$/, '')
    .replace(/^\/\//, '/')
  const danger = dangerOf(path, { readOnly })
  return danger !== undefined || !local ? danger : await dangerThere(path, { readOnly, engineSocket })
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
