import { posix } from 'node:path'
import { parseSize } from '../../utils/size.ts'
import { frozenArray } from '../../utils/validation/frozen.ts'
import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { boolean, isText, size as sizeRule, whole } from '../../utils/validation/rules.ts'
import type { Mount, TmpfsMount, VolumeMount } from '../resolved-task.ts'
import { udsTarget } from '../task.ts'
import { dangerOf, isWithin } from './dangerous-mounts.ts'

const pathRule = 'an absolute path without ".."; use path.resolve() for a relative one'
/** Where the kernel or the engine mounts something. */
export const reservedTargets = ['/proc', '/sys', '/dev', udsTarget]

/** The mounts of a task by their kind. */
interface Volumes {
  readonly volumes: readonly Mount[]
  readonly namedVolumes: readonly VolumeMount[]
}

const volumeForms = "[host, container], [host, container, 'ro'] or { volume, target }"
const modes = ['ro', 'rw', 'z', 'Z', 'ro,z', 'ro,Z', 'rw,z', 'rw,Z']
const volumeFields = ['volume', 'target', 'readOnly']

/** Reads a task's mounts. Only the text of a source is checked here. Whether it exists, and where its links lead, the engine checks. */
export function readVolumes(issues: Issues, value: unknown, allowDangerous: boolean): Volumes {
  const volumes: Mount[] = []
  const namedVolumes: VolumeMount[] = []
  const isTaken = (target: string) => [...volumes, ...namedVolumes].some(mount => mount.target === target)
  if (value !== undefined && !Array.isArray(value)) issues.add('volumes', value, `an array of ${volumeForms}`)
  for (const [index, volume] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
    const field = `volumes[${index}]`
    const read = isRecord(volume)
      ? readNamedVolume(issues, field, volume)
      : readBind(issues, field, volume, allowDangerous)
    if (read === undefined) continue
    if (isTaken(read.target)) issues.add(`${field}.target`, read.target, 'a path that no volume before it has')
    if ('volume' in read) namedVolumes.push(Object.freeze(read))
    else volumes.push(Object.freeze(read))
  }
  return { volumes: frozenArray(volumes), namedVolumes: frozenArray(namedVolumes) }
}

function readBind(issues: Issues, field: string, volume: unknown, allowDangerous: boolean): Mount | undefined {
  if (!Array.isArray(volume) || volume.length < 2 || volume.length > 3) return issues.add(field, volume, volumeForms)
  const [from, to, mode = 'rw'] = volume as unknown[]
  if (!modes.includes(mode as string)) issues.add(`${field}.mode`, mode, `one of ${modes.join(' ')}`)
  const words = typeof mode === 'string' ? mode.split(',') : []
  const readOnly = words.includes('ro')
  const relabel = (['z', 'Z'] as const).find(word => words.includes(word))
  const source = readSource(issues, `${field}.source`, from, { allowDangerous, readOnly })
  const target = readTarget(issues, `${field}.target`, to)
  if (relabel !== undefined && (source?.includes(':') || target?.includes(':'))) {
    return issues.add(field, volume, 'paths without ":" where the mode is z or Z')
  }
  if (source === undefined || target === undefined) return undefined
  return { source, target, readOnly, ...(relabel !== undefined && { relabel }) }
}

function readNamedVolume(
  issues: Issues,
  field: string,
  given: Readonly<Record<string, unknown>>,
): VolumeMount | undefined {
  issues.refuseUnknown(given, volumeFields, { at: `${field}.` })
  const { volume, target: to, readOnly } = given
  const isName = typeof volume === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(volume)
  if (!isName)
    issues.add(`${field}.volume`, volume, 'the name of a volume: 2 or more letters, digits, "_", "." and "-"')
  const target = readTarget(issues, `${field}.target`, to)
  const isReadOnly = issues.read(`${field}.readOnly`, readOnly, boolean, false)
  return isName && target !== undefined ? { volume, target, readOnly: isReadOnly } : undefined
}

const modeRule = whole({ min: 0, max: 0o7777 })
const tmpfsForm = "an object of sizes by path, such as { '/run': '16m' }"

/** Reads the folders in memory. */
export function readTmpfs(issues: Issues, value: unknown, taken: readonly string[]): readonly TmpfsMount[] {
  if (value !== undefined && !isRecord(value)) issues.add('tmpfs', value, tmpfsForm)
  const mounts: TmpfsMount[] = []
  for (const [path, given] of isRecord(value) ? Object.entries(value) : []) {
    const field = `tmpfs.${path}`
    const target = readTarget(issues, field, path)
    const parts = isRecord(given) ? given : { size: given }
    issues.refuseUnknown(parts, ['size', 'mode', 'exec'], { at: `${field}.` })
    const size = parseSize(parts.size)
    if (size === undefined) issues.add(`${field}.size`, parts.size, sizeRule.allowed)
    const mode = issues.read(`${field}.mode`, parts.mode, modeRule, undefined)
    const exec = issues.read(`${field}.exec`, parts.exec, boolean, false)
    if (target === undefined || size === undefined) continue
    if (taken.includes(target) || mounts.some(mount => mount.target === target)) {
      issues.add(field, path, 'a path that no volume and no other tmpfs has')
    }
    mounts.push(Object.freeze({ target, size, mode, exec }))
  }
  return frozenArray(mounts)
}

export function readUdsPath(issues: Issues, value: unknown, allowDangerous: boolean): string | undefined {
  if (value === undefined || value === '') return undefined
  return readSource(issues, 'udsPath', value, { allowDangerous, readOnly: false })
}

export function readWorkDir(issues: Issues, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (!isText(value) || !value.startsWith('/')) return issues.add('workDir', value, 'an absolute path')
  // A working directory in /proc can name a file that the runtime left open, and so a folder of the host (CVE-2024-21626).
  if (isWithin(posix.normalize(value), '/proc')) return issues.add('workDir', value, 'outside /proc')
  return value
}

interface SourceRules {
  readonly allowDangerous: boolean
  readonly readOnly: boolean
}

function readSource(
  issues: Issues,
  field: string,
  value: unknown,
  { allowDangerous, readOnly }: SourceRules,
): string | undefined {
  const path = readPath(value)
  if (path === undefined) return issues.add(field, value, pathRule)
  const danger = allowDangerous ? undefined : dangerOf(path, { readOnly })
  if (danger === undefined) return path
  return issues.add(field, value, `another path: it is ${danger}; the config's allowDangerousMounts permits it`)
}

function readTarget(issues: Issues, field: string, value: unknown): string | undefined {
  const path = readPath(value)
  if (path === undefined) return issues.add(field, value, pathRule)
  if (path !== '/' && !reservedTargets.some(folder => isWithin(path, folder))) return path
  return issues.add(field, value, `neither / nor in ${reservedTargets.join(', ')}`)
}

/** An absolute path in its shortest form; undefined for what is none. */
export function readPath(value: unknown): string | undefined {
  if (!isText(value) || !value.startsWith('/') || value.split('/').includes('..')) return undefined
  const path = posix.normalize(value)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
