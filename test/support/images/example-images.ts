import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from '../docs/pages.ts'

/** Makes the images of `examples/functions/`, as a user makes them. */
export async function makeExampleImages(): Promise<void> {
  await promisify(execFile)(process.execPath, ['examples/functions/images.ts'], { cwd: root })
}
