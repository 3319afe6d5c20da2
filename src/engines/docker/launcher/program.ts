import { readFile } from 'node:fs/promises'
import { packageFile } from '../../../utils/package-file.ts'

/** The engine's names of the architectures that the package has a launcher for. */
const architectures: readonly string[] = ['amd64', 'arm64']

/** True when there is a launcher for an engine of this architecture. */
export const hasLauncher = (architecture: string): boolean => architectures.includes(architecture)

/** The launcher's program, which needs no library. */
export async function readLauncher(architecture: string): Promise<Buffer> {
  return await readFile(packageFile(`native/launch-${architecture}`))
}
