import { type FieldIssue, InvalidInputError } from '../../../errors.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import type { ResolvedDockerConfig } from '../config/config.ts'
import { createOptions } from './build.ts'
import { isAllowed } from './create-options.ts'
import type { Fields } from './edit.ts'
import { loosenings } from './edit-rules.ts'
import { isHardened } from './hardened.ts'

/** The parts of a config that decide what a task may ask for. */
export type TaskRules = Pick<
  ResolvedDockerConfig,
  | 'allow'
  | 'networks'
  | 'runtimes'
  | 'runtime'
  | 'gpus'
  | 'enableTini'
  | 'pids'
  | 'enableReadonlyRootfs'
  | 'maxTmpfsInodes'
>

/** The fields of a task behind the options that {@link loosenings} judges. */
const fields: Readonly<Record<string, string>> = {
  'HostConfig.CapAdd': 'capAdd',
  'HostConfig.NetworkMode': 'network',
  'HostConfig.Tmpfs': 'tmpfs',
  'HostConfig.Ulimits': 'ulimits',
  'HostConfig.Init': 'init',
}

/**
 * Checks what a task asks of the engine beyond the profile. What it loosens is judged as an edit of the create options is.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function checkTaskOptions(task: ResolvedTask, config: TaskRules): void {
  const { networks, runtimes, runtime, gpus } = config
  const hard = isHardened(task)
  const issues: FieldIssue[] = []
  const refuse = (field: string, value: unknown, allowed: string) =>
    issues.push({ field, value: `'${value}'`, allowed })
  const listed = (names: readonly string[]) => (names.length === 0 ? '' : ` (${names.join(', ')})`)
  if (task.network !== undefined && !networks.includes(task.network)) {
    refuse('network', task.network, `a network that the config's networks lists${listed(networks)}`)
  }
  if (task.runtime !== undefined && task.runtime !== runtime && !runtimes.includes(task.runtime)) {
    refuse('runtime', task.runtime, `a runtime that the config's runtimes lists${listed(runtimes)}`)
  }
  if (task.gpus !== 0 && (gpus === 0 || (task.gpus !== 'all' && task.gpus > gpus))) {
    refuse('gpus', task.gpus, `at most ${gpus}, which the config's gpus counts`)
  }
  if (hard && task.shmSize > 0 && !isAllowed(config, 'hardened-shared-memory')) {
    refuse(
      'shmSize',
      task.shmSize,
      "0 with the profile 'hardened', unless the config's allow lists 'hardened-shared-memory'",
    )
  }
  for (const { volume, readOnly } of task.namedVolumes) {
    if (!hard || readOnly || isAllowed(config, 'hardened-volumes')) continue
    const allowed = "read-only with the profile 'hardened', unless the config's allow lists 'hardened-volumes'"
    refuse('volumes', volume, allowed)
  }
  if (asksForMore(task)) issues.push(...loosened(task, config))
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues, { cookieId: task.id })
}

/** False for most tasks, whose create options need not be built to be judged. */
const asksForMore = ({ capAdd, network, tmpfs, ulimits, init }: ResolvedTask) =>
  capAdd.length > 0 ||
  network !== undefined ||
  tmpfs.length > 0 ||
  init !== undefined ||
  Object.keys(ulimits).length > 0

/** What the task loosens without its name in the config's `allow`. */
function loosened(task: ResolvedTask, config: TaskRules): FieldIssue[] {
  const { allow } = config
  const hard = isHardened(task)
  const plain = { ...task, capAdd: [], network: undefined, tmpfs: [], ulimits: {}, ...(hard && { init: undefined }) }
  const [now, before] = [task, plain].map(each => createOptions(each, { ...config, hostname: undefined }, {}))
  return loosenings(now as unknown as Fields, before as unknown as Fields, hard).flatMap(({ option, name }) => {
    const field = fields[option]
    if (field === undefined || allow.includes(name) || (field === 'capAdd' && allow.includes('capabilities'))) return []
    const value = `'${show(task[field as keyof ResolvedTask])}'`
    return [{ field, value, allowed: `left out, or '${name}' listed in the config's allow` }]
  })
}

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
