import { isUint8Array } from 'node:util/types'
import { byteLength } from '../../utils/size.ts'
import { frozenArray } from '../../utils/validation/frozen.ts'
import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { isText, whole } from '../../utils/validation/rules.ts'
import { isWithin } from '../mounts/dangerous-mounts.ts'
import { readPath, reservedTargets } from '../mounts/mounts.ts'
import type { Mount, ResolvedFile } from '../resolved-task.ts'
import { readInput } from '../streams.ts'

const mode = whole({ max: 0o777 })
const modeRule = 'the permission bits, a number from 0 to 0o777'
/** The kernel's limits on a path and on one name in it, in bytes. */
const maxPath = 4_095
const maxName = 255

/** Reads the files of a task. Only what can be known without I/O is checked. Their contents are never shown in errors. */
export function readFiles(issues: Issues, value: unknown, volumes: readonly Mount[]): readonly ResolvedFile[] {
  if (value === undefined) return frozenArray<never>([])
  if (!isRecord(value)) {
    issues.addSecret('files', value, "an object of paths in the container, such as { '/app/main.py': source }")
    return []
  }
  const files = Object.entries(value).flatMap(([name, given]) => {
    const field = `files[${JSON.stringify(name.slice(0, 100))}]`
    const path = readTarget(issues, field, name, volumes)
    const content = readContent(issues, field, given)
    return path === undefined || content === undefined ? [] : [Object.freeze({ path, ...content })]
  })
  files.sort(({ path: a }, { path: b }) => (a < b ? -1 : 1))
  for (const [index, { path }] of files.entries()) checkPlace(issues, path, files.slice(0, index))
  return Object.freeze(files)
}

/** Reads a path in the container. */
function readTarget(issues: Issues, field: string, name: string, volumes: readonly Mount[]): string | undefined {
  const path = readPath(name)
  if (path === undefined || path === '/')
    return issues.add(field, name, 'an absolute path in the container, other than / and without ".."')
  if (byteLength(path) > maxPath || path.split('/').some(part => byteLength(part) > maxName))
    return issues.add(field, name, `${maxPath} bytes at most, and ${maxName} between two "/"`)
  const reserved = reservedTargets.find(folder => isWithin(path, folder))
  if (reserved !== undefined) return issues.add(field, name, `a path outside ${reserved}`)
  const volume = volumes.find(({ target }) => isWithin(path, target))
  if (volume === undefined) return path
  return issues.add(field, name, `a path outside the volume at ${volume.target}: put the file into that folder itself`)
}

type Content = Pick<ResolvedFile, 'content' | 'from' | 'mode'>

function readContent(issues: Issues, field: string, given: unknown): Content | undefined {
  if (!isForm(given)) {
    const content = readInput(issues, given, field)
    // `undefined` is no input, and no file either.
    if (given === undefined) issues.addSecret(field, given, 'a string, bytes, a stream, { content } or { from }')
    return content === undefined ? undefined : { content, from: undefined, mode: undefined }
  }
  issues.refuseUnknown(given, ['content', 'from', 'mode'], { at: `${field}.` })
  const read = readMode(issues, `${field}.mode`, given.mode)
  if ((given.from === undefined) === (given.content === undefined))
    return issues.addSecret(field, given, 'an object with either content or from')
  if (given.from === undefined) {
    const content = readInput(issues, given.content, `${field}.content`)
    return content === undefined ? undefined : { content, from: undefined, mode: read }
  }
  if (isText(given.from) && given.from !== '') return { content: undefined, from: given.from, mode: read }
  return issues.add(`${field}.from`, given.from, 'the path of a file or a folder of this host')
}

function readMode(issues: Issues, field: string, value: unknown): number | undefined {
  if (value === undefined || mode.read(value) !== undefined) return value as number | undefined
  return issues.add(field, value, modeRule)
}

/** A plain object with `content` or `from`, and no stream that has members of such a name. */
function isForm(given: unknown): given is Readonly<Record<string, unknown>> {
  if (!isRecord(given) || isUint8Array(given)) return false
  const { getReader, pipe } = given
  return typeof getReader !== 'function' && typeof pipe !== 'function' && !(Symbol.asyncIterator in given)
}

/** A path can be given once, and a file has nothing inside. Files are in the order of their paths. */
function checkPlace(issues: Issues, path: string, before: readonly ResolvedFile[]): void {
  const field = `files[${JSON.stringify(path.slice(0, 100))}]`
  const above = before.find(other => other.content !== undefined && isWithin(path, other.path))
  if (before.some(other => other.path === path)) issues.add(field, path, 'given once')
  else if (above !== undefined) issues.add(field, path, `outside ${above.path}, which is a file`)
}
