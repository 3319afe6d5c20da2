import { fstatSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'

/**
 * Returns standard input for an option or command.
 *
 * @throws UsageError if standard input is a folder, which Node.js reads as empty input.
 */
export function standardInput(user: string): NodeJS.ReadStream & { fd: 0 } {
  if (fstatSync(0).isDirectory()) {
    throw new UsageError(`${user}: cannot read standard input: EISDIR: it is a folder`)
  }
  return process.stdin
}
