import { readFileSync } from 'node:fs'

const folder = new URL('../fixtures/vectors/', import.meta.url)

/** Reads expected results that Fn's own code computed. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T
}
