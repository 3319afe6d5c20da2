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
