import { randomBytes } from 'node:crypto'
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

/** A new id of 16 lower-case letters and digits: the time in ms, so that ids sort by age, and 35 random bits. */
export function newId(): string {
  let id = Date.now().toString(36).padStart(9, '0')
  for (let count = 0; count < 7; count++) id += alphabet[randomByte() & 31]
  return id
}

let random = Buffer.alloc(0)
let used = 0

/** One of many that were asked for at once: a question takes twenty times as long as its answer. */
function randomByte(): number {
  if (used === random.length) {
    random = randomBytes(1_024)
    used = 0
  }
  return random[used++] ?? 0
}
