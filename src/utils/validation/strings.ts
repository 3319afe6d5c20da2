import { type Issues, isRecord } from './issues.ts'
import { text } from './rules.ts'

/** Reads the entries of an object whose values are strings. The values of secret ones are never shown. */
export function readStrings(
  issues: Issues,
  field: string,
  value: unknown,
  { secret = false }: { readonly secret?: boolean } = {},
): [string, string][] {
  if (value === undefined) return []
  const add = secret ? issues.addSecret.bind(issues) : issues.add.bind(issues)
  if (!isRecord(value)) {
    add(field, value, 'an object of strings')
    return []
  }
  const entries: [string, string][] = []
  for (const [name, given] of Object.entries(value)) {
    const read = text.read(given)
    // A name that holds "=" was meant to be a whole entry: what follows is its value.
    if (read === undefined) add(`${field}.${name.split('=')[0]}`, given, text.allowed)
    else entries.push([name, read])
  }
  return entries
}
