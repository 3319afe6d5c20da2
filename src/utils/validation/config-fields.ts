import { parseSize } from '../size.ts'
import { Issues, isRecord } from './issues.ts'
import { fold, rightName } from './suggest.ts'

/** How one key of a config is read. `read` gives undefined for what is not allowed. */
export interface Field<T> {
  readonly otherwise: T
  /** What is allowed, as a phrase that follows "must be". */
  readonly allowed: string
  /** Another name of the key, as spelt by a later version of Fn. */
  readonly alias?: string
  /** Its value is in no error. */
  readonly secret?: boolean
  /** A value from the environment is always a string. */
  read(value: unknown): T | undefined
}

/** The type that each of `fields` gives. */
export type Resolved<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

const prefix = 'COOKIETIN_'

/**
 * Reads a config: what is given beats the environment (`COOKIETIN_DOCKER_NETWORKS` for `dockerNetworks`), which beats the default.
 * Keys are matched without regard to case and underscores. An empty string counts as not given.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every key that is not allowed, also unknown ones.
 */
export function resolveFields<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
  given: object,
  env: Readonly<Record<string, string | undefined>>,
): Resolved<F> {
  const issues = new Issues()
  const names = namesOf(fields)
  const explicit = readGiven(issues, names, given)
  const fromEnv = new Map(
    Object.keys(env)
      .filter(name => name.startsWith(prefix))
      .map(name => [fold(name.slice(prefix.length)), name] as const),
  )
  const resolved = Object.entries(fields).map(([key, field]) => {
    const variable = [key, field.alias ?? key].map(name => fromEnv.get(fold(name))).find(name => name && env[name])
    const sources = [explicit.get(key), { name: variable ?? '', value: variable && env[variable] }]
    const source = sources.find(candidate => candidate?.value !== undefined && candidate.value !== '')
    if (source === undefined) return [key, field.otherwise]
    const value = field.read(source.value)
    if (value === undefined) issues[field.secret ? 'addSecret' : 'add'](source.name, source.value, field.allowed)
    return [key, value]
  })
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  return Object.freeze(Object.fromEntries(resolved)) as Resolved<F>
}

/** Every spelling of every key, folded, with the key. */
function namesOf(fields: Readonly<Record<string, Field<unknown>>>): ReadonlyMap<string, string> {
  const names = Object.entries(fields).flatMap(([key, { alias }]) =>
    (alias === undefined ? [key] : [key, alias]).map(name => [fold(name), key] as const),
  )
  return new Map(names)
}

interface Source {
  readonly name: string
  readonly value: unknown
}

function readGiven(issues: Issues, names: ReadonlyMap<string, string>, given: unknown): ReadonlyMap<string, Source> {
  const found = new Map<string, Source>()
  const keys = [...new Set(names.values())]
  if (!isRecord(given)) issues.add('config', given, 'an object')
  for (const [name, value] of isRecord(given) ? Object.entries(given) : []) {
    if (value === undefined) continue
    const key = names.get(fold(name))
    if (key === undefined) issues.addSecret(name, value, rightName(name, keys))
    else if (found.has(key)) issues.add(name, value, `given once: it is also there as ${found.get(key)?.name}`)
    else found.set(key, { name, value })
  }
  return found
}

/** A string. */
export function text<T extends string | undefined>(otherwise: T): Field<string | T> {
  return { otherwise, allowed: 'a string on one line', read: value => (isLine(value) ? value : undefined) }
}

/** Words, as an array or as a string that is split at white space. */
export function words(otherwise: readonly string[]): Field<readonly string[]> {
  return {
    otherwise,
    allowed: 'words parted by spaces, or an array of strings',
    read(value) {
      const list: readonly unknown[] =
        typeof value === 'string' ? value.split(/\s+/) : Array.isArray(value) ? value : [0]
      return list.every(isLine) ? Object.freeze(list.filter(word => word !== '')) : undefined
    },
  }
}

/** A whole number from `min` to `max`. */
export function whole(otherwise: number, min = 0, max = Number.MAX_SAFE_INTEGER): Field<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  return {
    otherwise,
    allowed: `a whole number ${range}`,
    read(value) {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
      return typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max
        ? number
        : undefined
    },
  }
}

/** A duration in ms, as long as a JavaScript timer can be. */
export function milliseconds(otherwise: number, min = 1): Field<number> {
  return {
    ...whole(otherwise, min, 2 ** 31 - 1),
    allowed: `a whole number of milliseconds from ${min} to ${2 ** 31 - 1}`,
  }
}

/** One of some words. */
export function oneOf<const T extends string>(choices: readonly T[], otherwise: T): Field<T> {
  return {
    otherwise,
    allowed: `one of ${choices.map(choice => `'${choice}'`).join(', ')}`,
    read: value => choices.find(choice => choice === value),
  }
}

/** True or false, also as a number, of which 0 is false, as in Fn. */
export function flag(otherwise: boolean): Field<boolean> {
  return {
    otherwise,
    allowed: 'true or false',
    read(value) {
      if (typeof value === 'boolean') return value
      if (typeof value === 'number' && value >= 0) return value !== 0
      if (typeof value !== 'string') return undefined
      if (/^(?:true|[1-9]\d*)$/i.test(value)) return true
      return /^(?:false|0)$/i.test(value) ? false : undefined
    },
  }
}

/** A size in bytes, or with a unit: `'10g'`. */
export function size(otherwise: number): Field<number> {
  return { otherwise, allowed: "a number of bytes, or a size such as '10g'", read: value => parseSize(value) }
}

/** Some of these words, as an array or as a string that is split at white space. */
export function someOf<const T extends string>(choices: readonly T[]): Field<readonly T[]> {
  const { read } = words([])
  return {
    otherwise: [],
    allowed: `some of ${choices.map(choice => `'${choice}'`).join(', ')}`,
    read(value) {
      const list = read(value)?.map(word => choices.find(choice => choice === word))
      return list?.every(word => word !== undefined) ? Object.freeze(list) : undefined
    },
  }
}

/** Another name for the key of a field. */
export const alias = <T>(name: string, field: Field<T>): Field<T> => ({ ...field, alias: name })

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\0\r\n]/.test(value)
}
