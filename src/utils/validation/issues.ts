import { type FieldIssue, InvalidInputError } from '../../errors.ts'
import type { Rule } from './rules.ts'
import { rightName } from './suggest.ts'

/** Collects every bad field of one task, config or options object, so that the caller learns of all of them at once. */
export class Issues {
  readonly #list: FieldIssue[] = []

  /** Adds an issue. `allowed` follows "must be". */
  add(field: string, value: unknown, allowed: string): undefined {
    this.#list.push({ field, value: show(value), allowed })
  }

  /** As {@link add}, for a field whose value must not be shown: only its type is. */
  addSecret(field: string, value: unknown, allowed: string): undefined {
    this.#list.push({ field, value: `a value of type ${typeName(value)}`, allowed })
  }

  /** Adds an issue that was found elsewhere; undefined adds none. */
  include(issue: FieldIssue | undefined): void {
    if (issue !== undefined) this.#list.push(issue)
  }

  /** Reads one optional value by its rule. Returns `otherwise` for undefined, and for what is not allowed. */
  read<T, D>(field: string, value: unknown, rule: Rule<T>, otherwise: D): T | D {
    if (value === undefined) return otherwise
    const read = rule.read(value)
    if (read === undefined) this.add(field, value, rule.allowed)
    return read ?? otherwise
  }

  /** Adds an issue for each name of an object that is not known. Its value is not shown: it may be a secret's. */
  refuseUnknown(
    given: object,
    known: readonly string[],
    { at = '', otherwise = `left out: there are ${known.join(', ')}` } = {},
  ): void {
    for (const [name, value] of Object.entries(given)) {
      if (!known.includes(name)) this.addSecret(`${at}${name}`, value, rightName(name, known, otherwise))
    }
  }

  /**
   * @throws InvalidInputError with every issue, when there is one.
   */
  throwIfAny(code: 'ERR_COOKIETIN_INVALID_TASK' | 'ERR_COOKIETIN_INVALID_CONFIG', cookieId?: string): void {
    if (this.#list.length > 0) throw new InvalidInputError(code, this.#list, { cookieId })
  }
}

/** Shortens a value for an error message. It stays on one line, and is never a look inside an object. */
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

/** The name of a value's type for a message: its class where it has one. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return 'array'
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'object'
}

/** What `Object.prototype.toString` says of a record, of any realm. A promise that was not awaited, a date or a URL is none. */
const recordTags = new Set(['[object Object]', '[object Module]'])

/** Returns true for an object whose fields can be read by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Symbol.iterator in value) return false
  return recordTags.has(Object.prototype.toString.call(value)) && !hasOnlyInherited(value)
}

/** Its fields would be passed over: an object's own come first in this order. */
function hasOnlyInherited(value: object): boolean {
  for (const name in value) return !Object.hasOwn(value, name)
  return false
}
