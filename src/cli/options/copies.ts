import { createWriteStream } from 'node:fs'
import { lstat, mkdir, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Artifact, Artifacts } from '../../cookie/artifacts/types.ts'
import { CookietinError, messageOf } from '../../errors.ts'
import type { TaskFile } from '../../task/task.ts'
import { UsageError } from '../usage-error.ts'

/** Reads `HOST:CONTAINER` of `--copy-in`. */
export function readCopyIn(text: string): [container: string, file: TaskFile] {
  const [, from, container] = /^(.+):(\/.+)$/s.exec(text) ?? []
  if (from === undefined || container === undefined)
    throw new UsageError(`--copy-in: "${text}" is not HOST:CONTAINER, with an absolute path in the container`)
  return [container, { from }]
}

/** Reads `CONTAINER:HOST` of `--copy-out`. */
export function readCopyOut(text: string): { readonly container: string; readonly host: string } {
  const [, container, host] = /^(\/[^:]+):(.+)$/s.exec(text) ?? []
  if (container === undefined || host === undefined)
    throw new UsageError(`--copy-out: "${text}" is not CONTAINER:HOST, with an absolute path in the container`)
  return { container: container.length > 1 ? container.replace(/\/+$/, '') : container, host }
}

/**
 * Writes what was copied out to the places that the options name, replacing files. Returns what could not be, a line each.
 */
export async function copyOut(artifacts: Artifacts, options: readonly string[]): Promise<readonly string[]> {
  const problems = [
    ...artifacts.missing.map(path => `${path} is not in the container`),
    ...(artifacts.truncated ? ['not everything was copied out: raise --max-artifacts'] : []),
    ...artifacts.refused.map(({ path, reason }) => `${path} was not copied out: ${reason}`),
  ]
  const known = new Set(artifacts.refused)
  for (const option of options) {
    const { container, host } = readCopyOut(option)
    const found = await foundAt(artifacts, container)
    if (found === undefined) continue
    if (found.type === 'file') {
      const problem = await writeFile(found, host)
      if (problem !== undefined) problems.push(problem)
      continue
    }
    const { refused } = await artifacts.extractTo(host, { from: container, overwrite: true })
    const fresh = refused.filter(refusal => !known.has(refusal))
    problems.push(...fresh.map(({ path, reason }) => `${path} was not written into ${host}: ${reason}`))
  }
  return problems
}

async function foundAt(artifacts: Artifacts, path: string): Promise<Artifact | undefined> {
  for await (const artifact of artifacts) if (artifact.path === path) return artifact
  return undefined
}

/** As `docker cp`: into an existing folder, else under the given name. */
async function writeFile(artifact: Artifact, host: string): Promise<string | undefined> {
  const folder = await stat(host).catch(() => undefined)
  const isInside = host.endsWith('/') || folder?.isDirectory() === true
  const path = isInside ? join(host, basename(artifact.path)) : host
  try {
    await mkdir(dirname(path), { recursive: true })
    const found = await lstat(path).catch(() => undefined)
    if (found !== undefined && !found.isFile())
      return `${artifact.path} was not written: ${path} is something else than a file`
    if (found !== undefined) await unlink(path)
    await pipeline(artifact.content, createWriteStream(path, { flags: 'wx', mode: artifact.mode | 0o400 }))
  } catch (cause) {
    throw new CookietinError('ERR_COOKIETIN_ARTIFACTS_FAILED', `Cannot write ${path}: ${messageOf(cause)}`, { cause })
  }
  return undefined
}
