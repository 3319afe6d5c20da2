import { randomFillSync } from 'node:crypto'
import type { Issues } from '../utils/validation/issues.ts'

// Docker's own grammar for names. An id becomes part of a container's name, and so of a path in the engine's API.
const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
const maxLength = 128
const alphabet = '0123456789abcdefghijklmnopqrstuv'

/** Reads an id, or makes a new one. */
export function readId(issues: Issues, value: unknown): string {
  if (value === undefined) return newId()
  if (typeof value === 'string' && value.length <= maxLength && grammar.test(value)) return value
  issues.add('id', value, `2 to ${maxLength} letters, digits, "_", "." or "-", beginning with a letter or a digit`)
  return ''
}

/** Bytes of randomness in an id. */
const randomLength = 7

// Filled once for many ids: a call of the system for each costs as much as the validation of a task.
const randomness = Buffer.alloc(512 * randomLength)
let used = randomness.length

/** A new id of 16 lower-case letters and digits: the time in ms, so that ids sort by age, and 35 random bits. */
export function newId(): string {
  const time = Date.now().toString(36).padStart(9, '0')
  if (used === randomness.length) {
    randomFillSync(randomness)
    used = 0
  }
  let id = time
  for (const end = used + randomLength; used < end; used += 1) id += alphabet[(randomness[used] ?? 0) & 31]
  return id
}
