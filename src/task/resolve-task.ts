import { isText, readBoolean, readChoice, readStrings, readWhole } from '../utils/validation/fields.ts'
import { Issues, isRecord } from '../utils/validation/issues.ts'
import { fold, rightName } from '../utils/validation/suggest.ts'
import { readAuth } from './auth.ts'
import { checkTotal, readCommand, readEnv } from './command.ts'
import { readId } from './id.ts'
import { type ImageName, readImage } from './image-name.ts'
import { readMemory, readTimeout, readUlimits } from './limits.ts'
import { readLogger } from './logger.ts'
import { readUdsPath, readVolumes, readWorkDir } from './mounts.ts'
import { readInput, readOnStat, readWritable } from './streams.ts'
import type { ContainerTask, ResolvedTask } from './task.ts'

/** What a driver's config has to say on its tasks. */
export interface ResolveTaskOptions {
  /** Lets host paths be mounted that give control of the host. Default false. */
  readonly allowDangerousMounts?: boolean
}

// Complete by its type: a field that a task gains and this list does not is a compile error.
const fieldNames: Record<keyof ContainerTask, true> = {
  image: true,
  id: true,
  command: true,
  env: true,
  input: true,
  stdout: true,
  stderr: true,
  encoding: true,
  onStat: true,
  timeout: true,
  memory: true,
  cpus: true,
  fsSize: true,
  tmpFsSize: true,
  pids: true,
  ulimits: true,
  volumes: true,
  workDir: true,
  user: true,
  disableNet: true,
  profile: true,
  pull: true,
  auth: true,
  loggerConfig: true,
  extensions: true,
  udsPath: true,
}

/** Names that other tools have for the same, too far off to be found as typing errors. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ...['envvars', 'environment'].map(name => [name, 'env'] as const),
  ...['cmd', 'args', 'argv'].map(name => [name, 'command'] as const),
  ...['cwd', 'workingdir'].map(name => [name, 'workDir'] as const),
  ...['binds', 'mounts'].map(name => [name, 'volumes'] as const),
  ...([
    ['name', 'id'],
    ['stdin', 'input'],
    ['mem', 'memory'],
    ['logger', 'stdout'],
    ['writestat', 'onStat'],
  ] as const),
])

const userGrammar = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/

/**
 * Checks a task once, whole, and gives it complete and frozen; the caller's streams and callbacks are passed on as they are.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every field that is not allowed, also unknown ones.
 */
export function resolveTask(task: ContainerTask, options: ResolveTaskOptions = {}): ResolvedTask {
  const issues = new Issues()
  const given: unknown = task
  if (!isRecord(given)) {
    issues.addSecret('task', given, "an object such as { image: 'busybox', command: ['true'] }")
    issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  }
  const { allowDangerousMounts = false } = options
  // Read by name, so that a class instance with getters works too.
  const fields = task as Readonly<Record<keyof ContainerTask, unknown>>

  refuseUnknown(issues, task)
  const command = readCommand(issues, fields.command)
  const env = readEnv(issues, fields.env)
  checkTotal(issues, command, env)
  const tmpFsSize = readWhole(issues, 'tmpFsSize', fields.tmpFsSize, 1, 'MB')
  const volumes = readVolumes(issues, fields.volumes, allowDangerousMounts)
  if (tmpFsSize > 0 && volumes.some(({ target }) => target === '/tmp')) {
    issues.add('tmpFsSize', tmpFsSize, '0 where a volume is mounted at /tmp')
  }
  const resolved: ResolvedTask = {
    id: readId(issues, fields.id),
    image: typeof fields.image === 'string' ? fields.image : '',
    imageName: readImageName(issues, fields.image),
    command: Object.freeze(command),
    env,
    input: readInput(issues, fields.input),
    stdout: readWritable(issues, 'stdout', fields.stdout),
    stderr: readWritable(issues, 'stderr', fields.stderr),
    encoding: readChoice(issues, 'encoding', fields.encoding, ['utf8', 'buffer']),
    onStat: readOnStat(issues, fields.onStat),
    timeout: readTimeout(issues, fields.timeout),
    memory: readMemory(issues, fields.memory),
    // The engine's shortest quota is 1 ms in a period of 100 ms.
    cpus: readWhole(issues, 'cpus', fields.cpus, 10, 'milli-CPUs'),
    fsSize: readWhole(issues, 'fsSize', fields.fsSize, 1, 'MB'),
    tmpFsSize,
    pids: readWhole(issues, 'pids', fields.pids, 1, 'processes'),
    ulimits: readUlimits(issues, fields.ulimits),
    volumes,
    workDir: readWorkDir(issues, fields.workDir),
    user: readUser(issues, fields.user),
    disableNet: readBoolean(issues, 'disableNet', fields.disableNet, false),
    profile: readChoice(issues, 'profile', fields.profile, ['default', 'hardened']),
    pull: readChoice(issues, 'pull', fields.pull, ['missing', 'always', 'never']),
    auth: readAuth(issues, fields.auth),
    loggerConfig: readLogger(issues, fields.loggerConfig),
    extensions: Object.freeze(Object.fromEntries(readStrings(issues, 'extensions', fields.extensions, false))),
    udsPath: readUdsPath(issues, fields.udsPath, allowDangerousMounts),
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return Object.freeze(resolved)
}

function refuseUnknown(issues: Issues, task: object): void {
  const known = Object.keys(fieldNames)
  for (const [name, value] of Object.entries(task)) {
    if (Object.hasOwn(fieldNames, name)) continue
    const other = otherNames.get(fold(name))
    const otherwise = `left out: a task has only the fields ${known.join(', ')}`
    // Its value is not shown: it may be an environment under a misspelt name.
    issues.addSecret(name, value, other ? `given as ${other}` : rightName(name, known, otherwise))
  }
}

function readImageName(issues: Issues, value: unknown): ImageName {
  const name = readImage(value)
  if (!('allowed' in name)) return name
  issues.add('image', value, name.allowed)
  return { registry: '', repository: '', tag: '' }
}

function readUser(issues: Issues, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  const parts = isText(value) && userGrammar.test(value) ? value.split(':') : []
  const inRange = parts.every(part => !/^\d+$/.test(part) || Number(part) <= 2 ** 31 - 1)
  if (parts.length > 0 && inRange) return value as string
  return issues.add('user', value, "a name or a number, with ':group' where wanted, such as '1000:1000'")
}
