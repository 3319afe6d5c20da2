import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Compiles a C program to a static binary. */
export async function compile(source: URL): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'cookietin-cc-'))
  try {
    const binary = join(folder, 'binary')
    await promisify(execFile)('cc', ['-static', '-O2', '-o', binary, fileURLToPath(source)])
    return await readFile(binary)
  } finally {
    await rm(folder, { recursive: true })
  }
}
