import type { ResolvedTask } from '../../task/resolved-task.ts'
import { Issues } from '../../utils/validation/issues.ts'

/** How the command is started: a process container's `options`, which may be changed until `prepare`. */
export interface ProcessOptions {
  command: string[]
  env: Record<string, string>
  cwd: string | undefined
  uid: number | undefined
  gid: number | undefined
}

/** The properties of this process that limit its tasks. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** Undefined on a system without user ids. */
  readonly uid: number | undefined
}

const noIsolation = 'this engine isolates nothing; use the docker driver for it'

/**
 * Decides how a task is started. Its environment is its own, with `PATH` and `HOME` of this process if it has none: the other variables of
 * this process may hold secrets.
 *
 * @throws InvalidInputError for a task that this engine cannot run as it promises.
 */
export function processOptions(task: ResolvedTask, host: Host): ProcessOptions {
  const issues = new Issues()
  if (host.platform === 'win32') issues.add('driver', 'process', 'another one on Windows, which has no process groups')
  if (task.command.length === 0 && !task.entrypoint?.length)
    issues.add('command', '', 'given: no image is used, so there is no command of its own')
  if (task.volumes.length + task.namedVolumes.length > 0)
    issues.addSecret('volumes', task.volumes, `left out: ${noIsolation}`)
  for (const field of ['network', 'runtime', 'hostname', 'containerOptions', 'tmpfs', 'extraHosts', 'dns'] as const) {
    if (isGiven(task[field])) issues.addSecret(field, task[field], `left out: ${noIsolation}`)
  }
  for (const field of ['capAdd', 'capDrop', 'gpus'] as const) {
    if (isGiven(task[field])) issues.add(field, String(task[field]), `left out: ${noIsolation}`)
  }
  if (task.disableNet) issues.add('disableNet', true, `false: ${noIsolation}`)
  if (task.profile !== 'default') issues.add('profile', task.profile, `'default': ${noIsolation}`)
  if (task.udsPath !== undefined) issues.add('udsPath', task.udsPath, `left out: ${noIsolation}`)
  if (task.loggerConfig !== undefined)
    issues.add('loggerConfig', task.loggerConfig, 'left out: this engine keeps no log; read the output')
  const { uid, gid } = readUser(issues, task.user, host.uid)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK', task.id)
  const { PATH, HOME } = host.env
  const inherited = { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }) }
  return {
    command: [...(task.entrypoint ?? []), ...task.command],
    env: { ...inherited, ...task.env },
    cwd: task.workDir,
    uid,
    gid,
  }
}

/** False for a field that was left out. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === 0) return false
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0
}

function readUser(issues: Issues, user: string | undefined, own: number | undefined) {
  if (user === undefined) return { uid: undefined, gid: undefined }
  const [, uidText, gidText] = /^(\d+)(?::(\d+))?$/.exec(user) ?? []
  if (own !== 0 || uidText === undefined) {
    issues.add('user', user, 'left out, or numbers such as 1000:1000 where this process runs as root')
    return { uid: undefined, gid: undefined }
  }
  // The group of the same number, and never the group of root.
  return { uid: Number(uidText), gid: Number(gidText ?? uidText) }
}
