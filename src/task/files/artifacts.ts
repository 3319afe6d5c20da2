import { longestDelay } from '../../../machines/clock.ts'
import { frozenArray } from '../../utils/validation/frozen.ts'
import type { Issues } from '../../utils/validation/issues.ts'
import { size, whole } from '../../utils/validation/rules.ts'
import { isWithin } from '../mounts/dangerous-mounts.ts'
import { readPath, reservedTargets } from '../mounts/mounts.ts'
import type { ResolvedTask } from '../resolved-task.ts'

/** Bytes. */
const defaultMaxArtifacts = 64 * 1024 * 1024
const defaultMaxEntries = 10_000
/** ms. */
const defaultTimeout = 10_000

const entries = whole({ min: 1, max: 1_000_000, unit: 'entries' })
const timeout = whole({ min: 1, max: longestDelay, unit: 'ms' })

const pathRule = 'an absolute path in the container, other than / and without ".."'

/** Reads the paths of a task's artifacts. One that is inside another is taken with that. */
export function readArtifacts(issues: Issues, value: unknown): readonly string[] {
  if (value === undefined) return frozenArray<never>([])
  if (!Array.isArray(value)) return issues.add('artifacts', value, "an array of paths, such as ['/app/out']") ?? []
  const paths = (value as unknown[]).flatMap((given, index) => {
    const path = readPath(given)
    const field = `artifacts[${index}]`
    if (path === undefined || path === '/') issues.add(field, given, pathRule)
    else if (reservedTargets.some(folder => isWithin(path, folder)))
      issues.add(field, given, `outside ${reservedTargets.join(', ')}, which are gone after the end`)
    else return [path]
    return []
  })
  const isInside = (path: string, index: number) =>
    paths.some((other, place) => (other === path ? place < index : isWithin(path, other)))
  return Object.freeze(paths.filter((path, index) => !isInside(path, index)))
}

/** Reads the bounds of a task's artifacts. */
export function readMaxArtifacts(
  issues: Issues,
  fields: Readonly<Record<'maxArtifacts' | 'maxArtifactEntries' | 'artifactsTimeout', unknown>>,
): Pick<ResolvedTask, 'maxArtifacts' | 'maxArtifactEntries' | 'artifactsTimeout'> {
  return {
    maxArtifacts: issues.read('maxArtifacts', fields.maxArtifacts, size, defaultMaxArtifacts),
    maxArtifactEntries: issues.read('maxArtifactEntries', fields.maxArtifactEntries, entries, defaultMaxEntries),
    artifactsTimeout: issues.read('artifactsTimeout', fields.artifactsTimeout, timeout, defaultTimeout),
  }
}
