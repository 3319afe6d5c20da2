import { type FieldIssue, InvalidInputError } from '../../errors.ts'
import type { ResolvedFile, ResolvedTask } from '../../task/resolved-task.ts'
import type { ContainerTask } from '../../task/task.ts'
import { isRecord } from '../../utils/validation/issues.ts'

/** A task as JSON keeps it: the fields that decide what a container is, and what is copied in and out. */
export interface WireTask {
  readonly task: Readonly<Record<string, unknown>>
  readonly hasInput: boolean
  /** Where files will be, and whether each is a file or a folder of a host. Their content follows. */
  readonly files: readonly { readonly path: string; readonly isFile: boolean }[]
}

const elsewhere = 'left out: the container is on another host'

/**
 * Writes a task for another host.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for what cannot be sent: a callback, a socket of this machine.
 */
export function encodeTask(task: ResolvedTask): WireTask {
  refuseLocal(task)
  const { entrypoint, volumes, namedVolumes, tmpfs, loggerConfig, auth } = task
  const fields: Partial<Record<keyof ContainerTask, unknown>> = {
    id: task.id,
    image: task.image,
    ...(task.command.length > 0 && { command: task.command }),
    ...(entrypoint !== undefined && { entrypoint: entrypoint.length > 0 ? entrypoint : null }),
    labels: task.labels,
    platform: task.platform,
    env: task.env,
    secrets: task.secrets,
    timeout: Number.isFinite(task.timeout) ? task.timeout : undefined,
    stopSignal: task.stopSignal,
    stopGrace: task.stopGrace,
    thaw: task.thaw,
    memory: task.memory,
    cpus: task.cpus,
    fsSize: task.fsSize,
    tmpFsSize: task.tmpFsSize,
    ...(task.pids > 0 && { pids: task.pids }),
    ulimits: task.ulimits,
    shmSize: task.shmSize,
    gpus: task.gpus,
    volumes: [
      ...volumes.map(({ source, target, readOnly, relabel }) => [
        source,
        target,
        [readOnly ? 'ro' : 'rw', ...(relabel === undefined ? [] : [relabel])].join(','),
      ]),
      ...namedVolumes,
    ],
    artifacts: task.artifacts,
    maxArtifacts: task.maxArtifacts,
    maxArtifactEntries: task.maxArtifactEntries,
    artifactsTimeout: task.artifactsTimeout,
    workDir: task.workDir,
    user: task.user,
    disableNet: task.disableNet,
    network: task.network,
    extraHosts: task.extraHosts,
    dns: task.dns,
    hostname: task.hostname,
    tmpfs: Object.fromEntries(tmpfs.map(({ target, size, mode, exec }) => [target, { size, mode, exec }])),
    init: task.init,
    capAdd: task.capAdd,
    capDrop: task.capDrop,
    runtime: task.runtime,
    profile: task.profile,
    pull: task.pull,
    auth: typeof auth === 'object' ? auth : undefined,
    loggerConfig: loggerConfig && { url: loggerConfig.url, tags: Object.fromEntries(loggerConfig.tags) },
    extensions: task.extensions,
  }
  return {
    task: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    hasInput: task.input !== undefined,
    files: task.files.map(({ path, content }) => ({ path, isFile: content !== undefined })),
  }
}

/**
 * Reads a task of another host, which may hold anything.
 *
 * @param resolve - Validates the task by the rules of this host's driver.
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function decodeTask(value: unknown, resolve: (task: ContainerTask) => ResolvedTask): ResolvedTask {
  const { task, hasInput, files } = isRecord(value) ? value : {}
  if (!isRecord(task) || !Array.isArray(files))
    refuse([{ field: 'task', value: 'a job', allowed: 'a task of this version of cookietin' }])
  for (const field of ['udsPath', 'containerOptions', 'input', 'stdout', 'stderr', 'files', 'retry', 'onStat']) {
    if (field in task) refuse([{ field, value: 'given', allowed: elsewhere }])
  }
  const resolved = resolve(task as unknown as ContainerTask)
  const places = files.map((file): ResolvedFile => {
    const { path, isFile } = isRecord(file) ? file : {}
    if (typeof path !== 'string' || !isPlain(path)) {
      refuse([{ field: 'files', value: String(path), allowed: 'absolute paths without ".."' }])
    }
    return { path, content: isFile === true ? '' : undefined, from: undefined, mode: undefined }
  })
  return { ...resolved, files: places, input: hasInput === true ? '' : undefined }
}

const isPlain = (path: string) =>
  path.startsWith('/') && !path.split('/').some(part => part === '..' || part.includes('\0'))

function refuseLocal({ id, containerOptions, auth, udsPath }: ResolvedTask): void {
  const issues: FieldIssue[] = []
  if (containerOptions !== undefined)
    issues.push({ field: 'containerOptions', value: 'a function', allowed: elsewhere })
  if (udsPath !== undefined) issues.push({ field: 'udsPath', value: `'${udsPath}'`, allowed: elsewhere })
  if (typeof auth === 'function') {
    const allowed = 'credentials, or left out: the workers have credentials of their own'
    issues.push({ field: 'auth', value: 'a function', allowed })
  }
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues, { cookieId: id })
}

function refuse(issues: readonly FieldIssue[]): never {
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
}
