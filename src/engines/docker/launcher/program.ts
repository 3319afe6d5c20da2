import { readFile } from 'node:fs/promises'
import { CookietinError } from '../../../errors.ts'
import { packageFile } from '../../../utils/package-file.ts'

/** The engine's names of the architectures that the package has a launcher for. */
const architectures: readonly string[] = ['amd64', 'arm64']

/** True when there is a launcher for an engine of this architecture. */
export const hasLauncher = (architecture: string): boolean => architectures.includes(architecture)

/** The launcher's program, which needs no library. */
export async function readLauncher(architecture: string): Promise<Buffer> {
  const name = `native/launch-${architecture}`
  const path = packageFile(name)
  if (path === undefined) {
    const message = `The package has no file ${name}: spare containers and launcherInit need it beside the code`
    throw new CookietinError('ERR_COOKIETIN_INVALID_CONFIG', message)
  }
  return await readFile(path)
}
