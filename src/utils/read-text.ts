import { readFileSync } from 'node:fs'

/** The text of a small file of the system, such as one of `/proc`; undefined when it cannot be read. Bytes become characters one by one. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
