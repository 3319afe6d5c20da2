import assert from 'node:assert/strict'
import type { Exit } from '../../../machines/types/cookie.ts'

/** Asserts the named fields of an exit. */
export function assertExit(exit: Exit, expected: Partial<Exit>): void {
  const actual = Object.fromEntries(Object.keys(expected).map(key => [key, exit[key as keyof Exit]]))
  assert.deepEqual(actual, expected)
}
