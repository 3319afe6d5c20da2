import type { Issues } from './issues.ts'
import { isRecord } from './issues.ts'

// A lone surrogate has no UTF-8: it would reach the container as U+FFFD, another text than the caller's.
const unsafe = /\0|\p{Surrogate}/u

/** True for a string that reaches a container as it is. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !unsafe.test(value)
}

export const textRule = 'a string without NUL and lone surrogates'

export function readBoolean(issues: Issues, field: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value === 'boolean') return value
  issues.add(field, value, 'true or false')
  return otherwise
}

export function readChoice<T extends string>(
  issues: Issues,
  field: string,
  value: unknown,
  choices: readonly [T, ...T[]],
): T {
  if (value === undefined) return choices[0]
  const choice = choices.find(known => known === value)
  if (choice === undefined) issues.add(field, value, choices.map(known => `'${known}'`).join(' or '))
  return choice ?? choices[0]
}

/** A whole number from `min` up, or 0; 0 where none is given. */
export function readWhole(issues: Issues, field: string, value: unknown, min: number, unit: string): number {
  if (value === undefined || value === 0) return 0
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value
  issues.add(field, value, `a whole number of ${unit} from ${min} up, or 0`)
  return 0
}

/** The entries of an object whose values are strings; `secret` ones are never shown. */
export function readStrings(issues: Issues, field: string, value: unknown, secret: boolean): [string, string][] {
  if (value === undefined) return []
  const add = secret ? issues.addSecret.bind(issues) : issues.add.bind(issues)
  if (!isRecord(value)) {
    add(field, value, 'an object of strings')
    return []
  }
  const entries: [string, string][] = []
  for (const [name, text] of Object.entries(value)) {
    // A name that holds "=" was meant to be a whole entry: what follows is its value.
    const path = `${field}.${name.split('=')[0]}`
    if (isText(text)) entries.push([name, text])
    else add(path, text, textRule)
  }
  return entries
}
