import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import { resolveTask } from '../../../task/resolve-task.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { ContainerTask } from '../../../task/task.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { SpareKind } from '../../engine.ts'
import { spareSizes } from '../../spare-sizes.ts'

/** The fields of a task that are fixed when its container is created. */
type FixedField = (typeof fixedFields)[number]

/** Spare containers of one kind: how many are held ready, and what they are made for. */
export interface SpareOptions extends Pick<ContainerTask, FixedField> {
  /** How many containers are held ready: 1 to 256. */
  readonly size: number
}

const fixedFields = [
  ...(['image', 'platform', 'pull', 'auth', 'labels', 'profile', 'user', 'runtime', 'containerOptions'] as const),
  ...(['memory', 'cpus', 'fsSize', 'tmpFsSize', 'pids', 'ulimits', 'shmSize'] as const),
  ...(['volumes', 'tmpfs', 'files', 'artifacts', 'stopSignal', 'loggerConfig', 'extensions'] as const),
  ...(['disableNet', 'network', 'extraHosts', 'dns', 'hostname', 'capAdd', 'capDrop'] as const),
] as const

const sizes = spareSizes(1)

/** Reads an array of objects, or its JSON. Returns undefined for anything else. */
export function readSpares(value: unknown): readonly SpareOptions[] | undefined {
  const list = typeof value === 'string' ? parse(value) : value
  return Array.isArray(list) && list.every(isRecord) ? (list as unknown as SpareOptions[]) : undefined
}

/**
 * Checks the spare containers of a config.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad field.
 */
export function resolveSpares({
  spares,
  enableTini,
  allowDangerousMounts,
}: {
  readonly spares: readonly SpareOptions[]
  readonly enableTini: boolean
  readonly allowDangerousMounts: boolean
}): readonly SpareKind[] {
  const issues: FieldIssue[] = []
  if (spares.length > 0 && !enableTini) {
    issues.push({
      field: 'spares',
      value: 'given',
      allowed: 'left out with enableTini: false: a launcher is the init process',
    })
  }
  const resolved = spares.map(({ size, ...given }, index) => {
    const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const at = `spares[${index}]`
    const other = Object.keys(fields).filter(name => !fixedFields.includes(name as FixedField))
    for (const name of other) issues.push(otherField(`${at}.${name}`))
    const known = Object.fromEntries(Object.entries(fields).filter(([name]) => !other.includes(name)))
    const read = sizes.read(size)
    if (read === undefined) issues.push({ field: `${at}.size`, value: String(size), allowed: sizes.allowed })
    const task = tryResolve({ ...known, id: `spare-${index}` } as ContainerTask, allowDangerousMounts, issue =>
      issues.push({ ...issue, field: `${at}.${issue.field}` }),
    )
    return { size: read ?? 0, task }
  })
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', issues)
  return resolved.flatMap(({ size, task }) => (task === undefined ? [] : [{ size, task }]))
}

function tryResolve(
  task: ContainerTask,
  allowDangerousMounts: boolean,
  onIssue: (issue: FieldIssue) => void,
): ResolvedTask | undefined {
  try {
    return resolveTask(task, { allowDangerousMounts })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    for (const issue of error.issues) onIssue(issue)
    return undefined
  }
}

function otherField(field: string): FieldIssue {
  const allowed = `left out: spare containers have the fields ${fixedFields.join(', ')}`
  return { field, value: 'given', allowed }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
