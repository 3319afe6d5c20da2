import { readFileSync } from 'node:fs'
import { packageFile } from '../utils/package-file.ts'

/** The version of the package. */
export function version(): string {
  const file = packageFile('package.json')
  return file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
