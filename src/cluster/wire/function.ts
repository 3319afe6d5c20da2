import { createHash } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import type { RemoteFunctionSpec } from '../../engines/remote-functions.ts'
import { InvalidInputError } from '../../errors.ts'
import type { FunctionSpec } from '../../functions/spec.ts'
import type { ResolvedFile, ResolvedTask } from '../../task/resolved-task.ts'
import type { ContainerTask } from '../../task/task.ts'
import { isRecord } from '../../utils/validation/issues.ts'
import { decodeTask, encodeTask, type WireTask } from './task.ts'

/** A function as JSON keeps it. */
export interface WireFunction {
  readonly task: WireTask
  /** The files of its containers, in base64. */
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode: number | undefined }[]
  /** Null: Infinity. */
  readonly settings: Readonly<Record<string, string | number | null>>
}

/** Bytes of the files of a function. They are sent to each host that serves it. */
const maxFiles = 1024 * 1024

/** What a function's task does not have; see {@link FunctionSpec}. */
const leftOut = ['id', 'timeout', 'artifacts', 'maxArtifacts', 'maxArtifactEntries', 'artifactsTimeout']

/**
 * Writes a function for other hosts.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for what cannot be sent.
 */
export function encodeFunction({ task, settings }: RemoteFunctionSpec): WireFunction {
  const wire = encodeTask(task)
  const fields = Object.entries(wire.task).filter(([name]) => !leftOut.includes(name))
  return {
    task: { ...wire, task: Object.fromEntries(fields), hasInput: false, files: [] },
    files: encodeFiles(task.files),
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, value === Infinity ? null : value]),
    ),
  }
}

/** The fields of a spec that are the function's own. All others are its task's, which the host's policy sees. */
const settingNames = new Set<string>([
  ...(['name', 'maxContainers', 'spares', 'freezeAfter', 'idleTimeout', 'launchTimeout', 'timeout'] as const),
  ...(['maxResponseBody', 'maxResponseHeaders'] as const),
] satisfies (keyof FunctionSpec)[])

/** The same for functions that can be served by the same containers. */
export const keyOfFunction = (wire: WireFunction): string =>
  createHash('sha256').update(JSON.stringify(wire)).digest('hex').slice(0, 32)

/**
 * Reads a function of another host, which may hold anything.
 *
 * @param resolve - Validates a task by the rules of this host's driver.
 * @returns its spec, and its task for the policy.
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function decodeFunction(
  value: unknown,
  resolve: (task: ContainerTask) => ResolvedTask,
): { readonly spec: FunctionSpec; readonly task: ResolvedTask } {
  const { task: wire, files, settings } = isRecord(value) ? value : {}
  const task = decodeTask(wire, resolve)
  const fields = (wire as WireTask).task as Partial<FunctionSpec>
  const own = Object.entries(isRecord(settings) ? settings : {})
    .filter(([name]) => settingNames.has(name))
    .map(([name, given]) => [name, given ?? Infinity])
  const entries = (Array.isArray(files) ? files : []).map(file => {
    const { path, content, mode } = isRecord(file) ? file : {}
    const bytes = Buffer.from(String(content), 'base64')
    return [String(path), typeof mode === 'number' ? { content: bytes, mode } : bytes]
  })
  const spec = { ...Object.fromEntries(own), ...fields, files: Object.fromEntries(entries) } as FunctionSpec
  return { spec, task }
}

function encodeFiles(files: readonly ResolvedFile[]): WireFunction['files'] {
  let size = 0
  return files.map(({ path, content, mode }) => {
    if (typeof content !== 'string' && !isUint8Array(content)) {
      throw refused(path, 'text or bytes: each host that serves the function gets the files')
    }
    const bytes = Buffer.from(content as string)
    size += bytes.length
    if (size > maxFiles) throw refused(path, '1 MiB in all at most: an image holds more')
    return { path, content: bytes.toString('base64'), mode }
  })
}

const refused = (path: string, allowed: string) =>
  new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [{ field: `files['${path}']`, value: 'a file', allowed }])
