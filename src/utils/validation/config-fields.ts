import { Issues, isRecord } from './issues.ts'
import * as rules from './rules.ts'
import { fold, rightName } from './suggest.ts'

/** One key of a config: the rule for its value, and its default. */
export interface Field<T> extends rules.Rule<T> {
  readonly otherwise: T
  /** Another name of the key, as a later version of Fn spells it. */
  readonly alias?: string
  /** Its value is not shown in errors. */
  readonly secret?: boolean
}

/** The type that each of `fields` gives. */
export type Resolved<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

const prefix = 'COOKIETIN_'

/**
 * Reads a config. Given values override the environment (`COOKIETIN_DOCKER_NETWORKS` for `dockerNetworks`), which overrides the default.
 * Keys are matched without regard to case and underscores. An empty string counts as not given.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad and every unknown key.
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

/** A string on one line. */
export function text<T extends string | undefined>(otherwise: T): Field<string | T> {
  return { ...rules.line, otherwise }
}

/** A whole number within bounds. */
export function whole(otherwise: number, bounds?: rules.Bounds): Field<number> {
  return { ...fromText(rules.whole(bounds)), otherwise }
}

/** A duration in ms, as long as a JavaScript timer can be. */
export function milliseconds(otherwise: number, min = 1): Field<number> {
  const max = 2 ** 31 - 1
  return { ...whole(otherwise, { min, max }), allowed: `a whole number of milliseconds from ${min} to ${max}` }
}

/** One of some words. */
export function oneOf<const T extends string>(choices: readonly T[], otherwise: T): Field<T> {
  return { ...rules.oneOf(...choices), otherwise }
}

/** A size in bytes, or with a unit: `'10g'`. */
export function size(otherwise: number): Field<number> {
  return { ...rules.size, otherwise }
}

/** True or false. A number is allowed, too: 0 is false, as in Fn. */
export function flag(otherwise: boolean): Field<boolean> {
  return {
    otherwise,
    allowed: rules.boolean.allowed,
    read(value) {
      if (typeof value === 'number' && value >= 0) return value !== 0
      if (typeof value !== 'string') return rules.boolean.read(value)
      if (/^(?:true|[1-9]\d*)$/i.test(value)) return true
      return /^(?:false|0)$/i.test(value) ? false : undefined
    },
  }
}

/** Words, as an array or as a string that is split at white space. */
export function words(otherwise: readonly string[]): Field<readonly string[]> {
  return {
    otherwise,
    allowed: 'words separated by spaces, or an array of strings',
    read(value) {
      const list: readonly unknown[] =
        typeof value === 'string' ? value.split(/\s+/) : Array.isArray(value) ? value : [0]
      const read = list.map(word => rules.line.read(word))
      if (!read.every(word => word !== undefined)) return undefined
      return Object.freeze(read.filter(word => word !== ''))
    },
  }
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

/** The same rule for a value of the environment, which is always a string. */
function fromText(rule: rules.Rule<number>): rules.Rule<number> {
  return {
    ...rule,
    read: value => rule.read(typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  }
}
