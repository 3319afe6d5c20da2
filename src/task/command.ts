import { byteLength } from '../utils/size.ts'
import { frozenRecord } from '../utils/validation/frozen.ts'
import type { Issues } from '../utils/validation/issues.ts'
import { isText, text as textRule } from '../utils/validation/rules.ts'
import { readStrings } from '../utils/validation/strings.ts'

/** The kernel's limit on one argument or one environment entry, in bytes with the NUL that ends it. */
const maxString = 131_072
/** The kernel gives arguments and environment a quarter of the stack limit, 2 MiB; the rest is for what the image adds. */
const maxTotal = 2 * 1024 * 1024 - 128 * 1024
/** Each string also takes a pointer. */
const pointer = 8

const sizeRule = `shorter than ${maxString} bytes`

/** Reads the command, or the entrypoint. A string is split at white space, without any quoting, as in Fn. */
export function readCommand(
  issues: Issues,
  value: unknown,
  field: 'command' | 'entrypoint' = 'command',
): readonly string[] {
  if (value === undefined) return []
  if (typeof value === 'string') {
    if (!isText(value)) return issues.add(field, value, textRule.allowed) ?? []
    return checkWords(
      issues,
      value.split(/\p{White_Space}+/u).filter(word => word !== ''),
      () => field,
    )
  }
  if (!Array.isArray(value)) return issues.add(field, value, 'a string or an array of strings') ?? []
  const words = checkWords(issues, Array.from(value as unknown[]), index => `${field}[${index}]`)
  if (words[0] === '') issues.add(`${field}[0]`, '', 'the program to run')
  return words
}

function checkWords(issues: Issues, words: readonly unknown[], field: (index: number) => string): string[] {
  return words.filter((word, index): word is string => {
    if (!isText(word)) issues.add(field(index), word, textRule.allowed)
    else if (byteLength(word) >= maxString) issues.add(field(index), word, sizeRule)
    return typeof word === 'string'
  })
}

/** Reads the environment. Its values are never shown in errors. */
export function readEnv(issues: Issues, value: unknown): Readonly<Record<string, string>> {
  const entries = readStrings(issues, 'env', value, { secret: true })
  for (const [name, text] of entries) {
    const shown = name.split('=')[0] ?? ''
    if (name === '') issues.addSecret('env', text, 'an object without an empty name in it')
    else if (name.includes('=')) issues.addSecret(`env.${shown}`, text, 'given under a name without "="')
    else if (!isText(name)) issues.addSecret('env', text, 'an object whose names have no NUL and no lone surrogates')
    else if (byteLength(name) + 1 + byteLength(text) >= maxString) {
      issues.addSecret(`env.${shown.slice(0, 100)}`, text, `${sizeRule} with its name and "="`)
    }
  }
  return frozenRecord(entries)
}

/** Checks the kernel's limit on command and environment together. */
export function checkTotal(issues: Issues, command: readonly string[], env: Readonly<Record<string, string>>): void {
  const strings = [...command, ...Object.entries(env).map(([name, text]) => `${name}=${text}`)]
  const total = strings.reduce((sum, text) => sum + byteLength(text) + 1 + pointer, 0)
  if (total > maxTotal) {
    issues.add('command and env', `${total} bytes`, `${maxTotal} bytes at most together: give large data as input`)
  }
}
