import { InvalidInputError, messageOf } from '../errors.ts'
import { frozenArray, frozenRecord } from '../utils/validation/frozen.ts'
import { Issues, isRecord } from '../utils/validation/issues.ts'
import { callback, isText, oneOf, or, whole } from '../utils/validation/rules.ts'
import { readStrings } from '../utils/validation/strings.ts'
import { fold, rightName } from '../utils/validation/suggest.ts'
import { checkTotal, readCommand, readEnv } from './command.ts'
import { readEngineOptions } from './engine/engine-options.ts'
import { readArtifacts, readMaxArtifacts } from './files/artifacts.ts'
import { readFiles } from './files/files.ts'
import { readId } from './id.ts'
import { type ImageName, imageIdOf, readImage } from './image-name.ts'
import { cpusRule, memoryRule, readStop, readUlimits, timeoutRule } from './limits.ts'
import { readLogger } from './logger.ts'
import { readTmpfs, readUdsPath, readVolumes, readWorkDir } from './mounts/mounts.ts'
import type { ResolvedTask } from './resolved-task.ts'
import { checkRepeatable, readRetry } from './retry/retry.ts'
import { readAuth } from './secrets/auth.ts'
import { readSecrets, secretsOfAuth, secretsOfEnv } from './secrets/secrets.ts'
import { readTaskInput, readWritable } from './streams.ts'
import type { ContainerTask, StopOptions } from './task.ts'

/** The part of a driver's config that concerns its tasks. */
export interface ResolveTaskOptions {
  /**
   * Allows mounts of host paths that control the host.
   *
   * @default false
   */
  readonly allowDangerousMounts?: boolean
  /** How the programs of tasks are stopped that do not say it. */
  readonly stop?: StopOptions | undefined
}

// Complete by its type: a field that is missing here does not compile.
const fieldNames: Record<keyof ContainerTask, true> = {
  image: true,
  id: true,
  command: true,
  entrypoint: true,
  labels: true,
  platform: true,
  env: true,
  secrets: true,
  input: true,
  stdout: true,
  stderr: true,
  encoding: true,
  onStat: true,
  timeout: true,
  stopSignal: true,
  stopGrace: true,
  thaw: true,
  retry: true,
  memory: true,
  cpus: true,
  fsSize: true,
  tmpFsSize: true,
  pids: true,
  ulimits: true,
  shmSize: true,
  gpus: true,
  volumes: true,
  files: true,
  artifacts: true,
  maxArtifacts: true,
  maxArtifactEntries: true,
  artifactsTimeout: true,
  workDir: true,
  user: true,
  disableNet: true,
  network: true,
  extraHosts: true,
  dns: true,
  hostname: true,
  tmpfs: true,
  init: true,
  capAdd: true,
  capDrop: true,
  runtime: true,
  containerOptions: true,
  profile: true,
  pull: true,
  auth: true,
  loggerConfig: true,
  extensions: true,
  udsPath: true,
}

/** Names of the same fields in other tools, too different to be found as typing errors. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ...['envvars', 'environment'].map(name => [name, 'env'] as const),
  ...['cmd', 'args', 'argv'].map(name => [name, 'command'] as const),
  ...['cwd', 'workingdir'].map(name => [name, 'workDir'] as const),
  ...['networkmode', 'net'].map(name => [name, 'network'] as const),
  ...['addhost', 'addhosts'].map(name => [name, 'extraHosts'] as const),
  ...['binds', 'mounts'].map(name => [name, 'volumes'] as const),
  ...([
    ['name', 'id'],
    ['stoptimeout', 'stopGrace'],
    ['graceperiod', 'stopGrace'],
    ['killsignal', 'stopSignal'],
    ['stdin', 'input'],
    ['mem', 'memory'],
    ['logger', 'stdout'],
    ['writestat', 'onStat'],
    ['copyin', 'files'],
    ['copyout', 'artifacts'],
    ['outputs', 'artifacts'],
  ] as const),
])

const megabytes = or(whole({ min: 1, unit: 'MB' }), 0)
const processes = or(whole({ min: 1, unit: 'processes' }), 0)
const encodings = oneOf('utf8', 'buffer')
const profiles = oneOf('default', 'hardened')
const pulls = oneOf('missing', 'always', 'never')
const userGrammar = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/

/**
 * Checks all fields of a task at once. Returns it complete and frozen. The caller's streams and callbacks are passed on unchanged.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every field that is not allowed, and every unknown one.
 */
export function resolveTask(task: ContainerTask, options: ResolveTaskOptions = {}): ResolvedTask {
  try {
    return readTask(task, options)
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    // A getter or a proxy of the caller's threw.
    const allowed = 'an object whose fields can be read'
    const issue = { field: 'task', value: `a task that throws (${messageOf(error)})`, allowed }
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue], { cause: error })
  }
}

function readTask(task: ContainerTask, options: ResolveTaskOptions): ResolvedTask {
  const issues = new Issues()
  const given: unknown = task
  if (!isRecord(given)) {
    issues.addSecret('task', given, "an object such as { image: 'busybox', command: ['true'] }")
    issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  }
  const { allowDangerousMounts = false, stop = {} } = options
  // Read by name, so that a class instance with getters works too.
  const fields = task as Readonly<Record<keyof ContainerTask, unknown>>

  refuseUnknown(issues, task)
  const command = readCommand(issues, fields.command)
  const engineOptions = readEngineOptions(issues, fields, command)
  const env = readEnv(issues, fields.env)
  checkTotal(issues, [...(engineOptions.entrypoint ?? []), ...command], env)
  const auth = readAuth(issues, fields.auth)
  const tmpFsSize = issues.read('tmpFsSize', fields.tmpFsSize, megabytes, 0)
  const { volumes, namedVolumes } = readVolumes(issues, fields.volumes, allowDangerousMounts)
  const targets = [...volumes, ...namedVolumes].map(({ target }) => target)
  const tmpfs = readTmpfs(issues, fields.tmpfs, targets)
  if (tmpFsSize > 0 && [...targets, ...tmpfs.map(({ target }) => target)].includes('/tmp')) {
    issues.add('tmpFsSize', tmpFsSize, '0 where a volume or a tmpfs is mounted at /tmp')
  }
  const input = readTaskInput(issues, fields.input)
  const retry = readRetry(issues, fields.retry)
  const files = readFiles(issues, fields.files, volumes)
  if (retry !== undefined) checkRepeatable(issues, { input, files })
  const resolved: ResolvedTask = {
    id: readId(issues, fields.id),
    image: typeof fields.image === 'string' ? fields.image : '',
    imageName: readImageName(issues, fields.image),
    imageId: imageIdOf(fields.image),
    command: frozenArray(command),
    env,
    secrets: frozenArray([
      ...new Set([
        ...readSecrets(issues, fields.secrets, env),
        ...secretsOfEnv(Object.entries(env)),
        ...secretsOfAuth(auth),
      ]),
    ]),
    input,
    stdout: readWritable(issues, 'stdout', fields.stdout),
    stderr: readWritable(issues, 'stderr', fields.stderr),
    encoding: issues.read('encoding', fields.encoding, encodings, 'utf8'),
    onStat: issues.read('onStat', fields.onStat, callback, undefined) as ResolvedTask['onStat'],
    timeout: issues.read('timeout', fields.timeout, timeoutRule, Infinity),
    ...readStop(issues, fields, stop),
    retry,
    memory: issues.read('memory', fields.memory, memoryRule, 0),
    cpus: issues.read('cpus', fields.cpus, cpusRule, 0),
    fsSize: issues.read('fsSize', fields.fsSize, megabytes, 0),
    tmpFsSize,
    pids: issues.read('pids', fields.pids, processes, 0),
    ulimits: readUlimits(issues, fields.ulimits),
    volumes,
    files,
    artifacts: readArtifacts(issues, fields.artifacts),
    ...readMaxArtifacts(issues, fields),
    namedVolumes,
    tmpfs,
    ...engineOptions,
    workDir: readWorkDir(issues, fields.workDir),
    user: readUser(issues, fields.user),
    profile: issues.read('profile', fields.profile, profiles, 'default'),
    pull: issues.read('pull', fields.pull, pulls, 'missing'),
    auth,
    loggerConfig: readLogger(issues, fields.loggerConfig),
    extensions: frozenRecord(readStrings(issues, 'extensions', fields.extensions)),
    udsPath: readUdsPath(issues, fields.udsPath, allowDangerousMounts),
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return Object.freeze(resolved)
}

function refuseUnknown(issues: Issues, task: object): void {
  for (const [name, value] of Object.entries(task)) {
    if (Object.hasOwn(fieldNames, name)) continue
    const known = Object.keys(fieldNames)
    const other = otherNames.get(fold(name))
    const otherwise = `left out: a task has only the fields ${known.join(', ')}`
    // Its value is not shown: it may be an environment under a misspelt name.
    issues.addSecret(name, value, other ? `given as ${other}` : rightName(name, known, otherwise))
  }
}

function readImageName(issues: Issues, value: unknown): ImageName {
  const id = imageIdOf(value)
  const name = id === undefined ? readImage(value) : { registry: '', repository: '', tag: '', digest: id }
  if (!('allowed' in name)) return name
  issues.add('image', value, name.allowed)
  return { registry: '', repository: '', tag: '' }
}

function readUser(issues: Issues, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return String(value)
  const parts = isText(value) && userGrammar.test(value) ? value.split(':') : []
  const inRange = parts.every(part => !/^\d+$/.test(part) || Number(part) <= 2 ** 31 - 1)
  if (parts.length > 0 && inRange) return value as string
  return issues.add('user', value, "a name, a uid, or either with ':group', such as '1000:1000'")
}
