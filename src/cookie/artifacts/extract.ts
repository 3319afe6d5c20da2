import { lstat, mkdir, open, realpath, unlink } from 'node:fs/promises'
import { join, posix, resolve } from 'node:path'
import { CookietinError, InvalidInputError, messageOf } from '../../errors.ts'
import { isWithin } from '../../task/mounts/dangerous-mounts.ts'
import type { Artifact, Artifacts, Extraction, ExtractOptions, RefusedArtifact } from './types.ts'

/** Errors that concern one name only. */
const ofOneName = new Map([
  ['ENAMETOOLONG', 'its name is too long for this host'],
  ['EILSEQ', 'its name is not allowed on this host'],
  ['EINVAL', 'its name is not allowed on this host'],
  ['ENOTDIR', 'a file is in its way'],
])

/** Writes artifacts into a folder. */
export async function extract(
  artifacts: Artifacts,
  folder: string,
  { from = '/', overwrite = false }: ExtractOptions,
): Promise<Extraction> {
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) {
    const issue = { field: 'folder', value: String(folder), allowed: 'the path of a folder of this host' }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
  }
  const files: string[] = []
  const refused: RefusedArtifact[] = [...artifacts.refused]
  try {
    if (artifacts.error !== undefined) throw artifacts.error
    await mkdir(folder, { recursive: true })
    const root = await realpath(resolve(folder))
    for await (const artifact of artifacts) {
      const parts = partsBelow(artifact, from)
      if (parts === undefined) continue
      const reason = await place(artifact, root, parts, overwrite)
      if (reason !== undefined) refused.push({ path: artifact.path, reason })
      else if (artifact.type === 'file') files.push(join(root, ...parts))
    }
  } catch (error) {
    if (error instanceof CookietinError) throw error
    const message = `Cannot write the artifacts into ${folder}: ${messageOf(error)}`
    throw new CookietinError('ERR_COOKIETIN_ARTIFACTS_FAILED', message, { cause: error })
  }
  return { files, refused }
}

function partsBelow({ path, type }: Artifact, from: string): string[] | undefined {
  const root = from.replace(/\/+$/, '')
  if (path === from && type === 'file') return [posix.basename(path)]
  if (!isWithin(path, root || '/')) return undefined
  return path
    .slice(root.length)
    .split('/')
    .filter(part => part !== '')
}

/** Writes one file or folder. Resolves with the reason against it, if there is one. */
async function place(
  artifact: Artifact,
  root: string,
  parts: readonly string[],
  overwrite: boolean,
): Promise<string | undefined> {
  if (parts.some(part => part.includes('\\') || part.includes(':')) && process.platform === 'win32')
    return 'its name is not allowed on this host'
  try {
    const folders = artifact.type === 'folder' ? parts : parts.slice(0, -1)
    for (const [index] of folders.entries()) {
      const isOwn = artifact.type === 'folder' && index === folders.length - 1
      const reason = await makeFolder(join(root, ...parts.slice(0, index + 1)), isOwn ? artifact.mode : 0o755)
      if (reason !== undefined) return reason
    }
    return artifact.type === 'folder' ? undefined : await writeFile(artifact, join(root, ...parts), overwrite)
  } catch (error) {
    const reason = ofOneName.get((error as NodeJS.ErrnoException).code ?? '')
    if (reason === undefined) throw error
    return reason
  }
}

/** A folder that we cannot write to could not get its files. */
async function makeFolder(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode: mode | 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const found = await lstat(path)
    if (found.isSymbolicLink()) return 'a symbolic link is in its way'
    if (!found.isDirectory()) return 'a file is in its way'
  }
  return undefined
}

/** The file is always a new one: nothing is written through a link, nor into a file that has another name elsewhere. */
async function writeFile(artifact: Artifact, path: string, overwrite: boolean): Promise<string | undefined> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (found?.isSymbolicLink()) return 'a symbolic link is in its place'
  if (found !== undefined && !found.isFile()) return 'something else than a file is in its place'
  if (found !== undefined && !overwrite) return 'a file of that name exists'
  if (found !== undefined) await unlink(path)
  const file = await open(path, 'wx', artifact.mode | 0o400)
  try {
    for await (const chunk of artifact.content) await file.writeFile(chunk)
  } finally {
    await file.close()
  }
  return undefined
}
