import { fstatSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'

/**
 * Standard input, which `asker` passes on. Node.js takes a folder for an empty input, and would let the mistake pass in silence.
 *
 * @throws UsageError for a folder.
 */
export function standardInput(asker: string): NodeJS.ReadStream & { fd: 0 } {
  if (fstatSync(0).isDirectory()) {
    throw new UsageError(`${asker}: cannot read standard input: EISDIR: it is a folder`)
  }
  return process.stdin
}
