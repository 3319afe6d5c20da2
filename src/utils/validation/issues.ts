import { type FieldIssue, InvalidInputError } from '../../errors.ts'

/** Collects every bad field of one task or config, so that the caller learns of all of them at once. */
export class Issues {
  readonly #list: FieldIssue[] = []

  /** `allowed` follows "must be". */
  add(field: string, value: unknown, allowed: string): undefined {
    this.#list.push({ field, value: show(value), allowed })
  }

  /** As {@link add} for a field whose value must not be seen: only its type is told. */
  addSecret(field: string, value: unknown, allowed: string): undefined {
    this.#list.push({ field, value: `a value of type ${typeName(value)}`, allowed })
  }

  throwIfAny(code: 'ERR_COOKIETIN_INVALID_TASK' | 'ERR_COOKIETIN_INVALID_CONFIG'): void {
    if (this.#list.length > 0) throw new InvalidInputError(code, this.#list)
  }
}

/** A value in short, for an error message: never long, on one line, never a look inside an object. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    const short = value.length > 100 ? `${value.slice(0, 100)}…` : value
    const quoted = JSON.stringify(short).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
    return `'${quoted}'`
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value)
  return `a value of type ${typeName(value)}`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return 'array'
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'object'
}

/** True for an object whose fields can be read by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(Symbol.iterator in value)
}

/** What an unknown name must be instead, for an issue: the known one that it most likely stands for, else `otherwise`. */
export function rightName(given: string, known: readonly string[], otherwise = `one of ${known.join(', ')}`): string {
  const near = nearest(given, known)
  return near === undefined ? otherwise : `given as ${near}`
}

/** The known name that is nearest, if any is near: case and underscores do not count. */
function nearest(given: string, known: readonly string[]): string | undefined {
  const wanted = fold(given)
  let best: string | undefined
  let bestDistance = Math.min(3, Math.ceil(wanted.length / 2))
  for (const name of known) {
    const distance = editDistance(wanted, fold(name))
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best
}

/** A name without what its spellings differ in: `docker_networks` and `dockerNetworks` are one. */
export function fold(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
