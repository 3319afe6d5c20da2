import { posix } from 'node:path'
import type { Issues } from '../utils/validation/issues.ts'
import { isText } from '../utils/validation/rules.ts'
import { dangerOf, isWithin } from './dangerous-mounts.ts'
import { type Mount, udsTarget } from './task.ts'

const pathRule = 'an absolute path without ".."; use path.resolve() for a relative one'
/** Where the kernel or the engine mounts something. */
export const reservedTargets = ['/proc', '/sys', '/dev', udsTarget]

/** Reads a task's mounts. Only the text of a source is checked here. Whether it exists, and where its links lead, the engine checks. */
export function readVolumes(issues: Issues, value: unknown, allowDangerous: boolean): readonly Mount[] {
  if (value === undefined) return []
  if (!Array.isArray(value))
    return issues.add('volumes', value, "an array of [host, container] or [host, container, 'ro']") ?? []
  const mounts: Mount[] = []
  for (const [index, volume] of (value as unknown[]).entries()) {
    const field = `volumes[${index}]`
    if (!Array.isArray(volume) || volume.length < 2 || volume.length > 3) {
      issues.add(field, volume, "[host, container] or [host, container, 'ro']")
      continue
    }
    const [from, to, mode = 'rw'] = volume as unknown[]
    if (mode !== 'ro' && mode !== 'rw') issues.add(`${field}.mode`, mode, "'ro' or 'rw'")
    const readOnly = mode === 'ro'
    const source = readSource(issues, `${field}.source`, from, { allowDangerous, readOnly })
    const target = readTarget(issues, `${field}.target`, to)
    if (target !== undefined && mounts.some(mount => mount.target === target)) {
      issues.add(`${field}.target`, target, 'a path that no volume before it has')
    }
    if (source !== undefined && target !== undefined) mounts.push(Object.freeze({ source, target, readOnly }))
  }
  return Object.freeze(mounts)
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
