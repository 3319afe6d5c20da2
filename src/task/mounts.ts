import { posix } from 'node:path'
import type { Issues } from '../utils/validation/issues.ts'
import { isText } from '../utils/validation/rules.ts'
import { dangerOf, isWithin } from './dangerous-mounts.ts'
import type { Mount } from './task.ts'
import { udsTarget } from './task.ts'

const pathRule = 'an absolute path in its shortest form (no "..", no "//", no "/" at the end)'
const reservedTargets = ['/proc', '/sys', '/dev', udsTarget]

/** Sources are checked by what they say; that they exist, and where links lead, is the engine's to find out. */
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
    const [source, target, mode = 'rw'] = volume as unknown[]
    const sourceIsFine = checkSource(issues, `${field}.source`, source, allowDangerous)
    const targetIsFine = checkTarget(issues, `${field}.target`, target)
    if (targetIsFine && mounts.some(mount => mount.target === target)) {
      issues.add(`${field}.target`, target, 'a path that no volume before it has')
    }
    if (mode !== 'ro' && mode !== 'rw') issues.add(`${field}.mode`, mode, "'ro' or 'rw'")
    if (sourceIsFine && targetIsFine) mounts.push(Object.freeze({ source, target, readOnly: mode === 'ro' }))
  }
  return Object.freeze(mounts)
}

export function readUdsPath(issues: Issues, value: unknown, allowDangerous: boolean): string | undefined {
  if (value === undefined || value === '') return undefined
  return checkSource(issues, 'udsPath', value, allowDangerous) ? value : undefined
}

export function readWorkDir(issues: Issues, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (!isText(value) || !value.startsWith('/')) return issues.add('workDir', value, 'an absolute path')
  // A working directory in /proc can name a file that the runtime left open, and so a folder of the host (CVE-2024-21626).
  if (isWithin(posix.normalize(value), '/proc')) return issues.add('workDir', value, 'outside /proc')
  return value
}

function checkSource(issues: Issues, field: string, value: unknown, allowDangerous: boolean): value is string {
  if (!isPath(value)) return issues.add(field, value, pathRule) ?? false
  const danger = allowDangerous ? undefined : dangerOf(value)
  if (danger === undefined) return true
  issues.add(field, value, `another path: it is ${danger}; the config's allowDangerousMounts lets it through`)
  return false
}

function checkTarget(issues: Issues, field: string, value: unknown): value is string {
  if (!isPath(value)) return issues.add(field, value, pathRule) ?? false
  if (value !== '/' && !reservedTargets.some(folder => isWithin(value, folder))) return true
  issues.add(field, value, `neither / nor in ${reservedTargets.join(', ')}`)
  return false
}

function isPath(value: unknown): value is string {
  if (!isText(value) || !value.startsWith('/')) return false
  return value === '/' || (posix.normalize(value) === value && !value.endsWith('/'))
}
