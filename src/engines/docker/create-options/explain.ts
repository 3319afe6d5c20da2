import { isDeepStrictEqual } from 'node:util'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { type ResolvedDockerConfig, sharedNetworks } from '../config/config.ts'
import { createOptions } from './build.ts'
import type { CreateOptions, HostOptions } from './create-options.ts'
import type { Fields } from './edit.ts'
import { loosenings } from './edit-rules.ts'
import { isHardened } from './hardened.ts'
import { runHook } from './hook.ts'

/** One create option, and the reason for its value. */
export interface Explained {
  /** Its path in the body of the create call: `HostConfig.PidsLimit`. */
  readonly option: string
  readonly value: unknown
  readonly reason: string
}

/** The create call that a task leads to, explained. */
export interface Explanation {
  readonly options: readonly Explained[]
  /** The parts of the security profile that the config and the task's hook loosen, by name. */
  readonly loosened: readonly string[]
}

interface Given {
  readonly task: ResolvedTask
  readonly config: ResolvedDockerConfig
}
type Reason = (given: Given) => string

const fromTask = (field: string) => () => `the task's ${field}`
const byDefault = 'default profile'
const byHardened = 'hardened profile'
const profile = ({ task }: Given) => (isHardened(task) ? byHardened : byDefault)

const topReasons: Readonly<Partial<Record<keyof CreateOptions, Reason>>> = {
  Entrypoint: ({ task }) => (task.entrypoint?.length === 0 ? "the task's entrypoint: none" : "the task's entrypoint"),
  Image: fromTask('image'),
  Cmd: fromTask('command'),
  Env: () => "the task's env; values are not shown",
  Labels: () => 'so that a container that outlives its owner is found and removed',
  WorkingDir: fromTask('workDir'),
  User: ({ task }) => (task.user === undefined ? `${byHardened}: an id that no ordinary host uses` : "the task's user"),
  StopSignal: () => "the task's stopSignal; what others send to stop it, too",
  Hostname: ({ task }) =>
    task.hostname !== undefined
      ? "the task's hostname"
      : "this machine's name, as in Fn; for containers with a network of their own",
  Tty: () => 'output comes as two streams',
  AttachStdin: ({ task }) => (task.input === undefined ? 'the task has no input' : "the task's input"),
  AttachStdout: () => 'output is passed on',
  AttachStderr: () => 'output is passed on',
  OpenStdin: ({ task }) => (task.input === undefined ? 'the task has no input' : "the task's input"),
  StdinOnce: ({ task }) => (task.input === undefined ? 'the task has no input' : 'it ends with the input'),
}

const hostReasons: Readonly<Partial<Record<keyof HostOptions, Reason>>> = {
  CapAdd: ({ task }) =>
    `the task's capAdd, permitted by config allow: ${task.capAdd.map(name => `cap:${name}`).join(' ')}`,
  Binds: () => "the task's volumes with a label for SELinux",
  ShmSize: fromTask('shmSize'),
  ExtraHosts: fromTask('extraHosts'),
  Dns: fromTask('dns'),
  DeviceRequests: fromTask('gpus'),
  Init: ({ task, config }) =>
    task.init !== undefined
      ? "the task's init"
      : `config enableTini${config.enableTini ? ': passes signals on, reaps zombies' : ' is off'}`,
  CapDrop: given => loose(given, 'capabilities') ?? `${profile(given)}: no capabilities`,
  SecurityOpt: given => loose(given, 'new-privileges') ?? `${profile(given)}: set-uid programs give nothing`,
  PidsLimit: ({ task }) => {
    if (task.pids > 0) return "the task's pids"
    return isHardened(task) ? `${byHardened}, and config pids: no fork bomb` : 'config pids: no fork bomb'
  },
  Memory: fromTask('memory'),
  MemorySwap: given => `${profile(given)}: the same as the memory, which means no swap`,
  CpuQuota: () => "the task's cpus, in microseconds of each period",
  CpuPeriod: () => 'the period of the quota',
  ReadonlyRootfs: given => {
    if (!isHardened(given.task)) return 'config enableReadonlyRootfs'
    return loose(given, 'hardened-writable-root') ?? byHardened
  },
  Tmpfs: ({ task }) =>
    task.tmpfs.length > 0
      ? "the task's tmpfs and tmpFsSize"
      : task.tmpFsSize > 0
        ? "the task's tmpFsSize, config maxTmpfsInodes"
        : 'a root that is read-only needs a /tmp',
  StorageOpt: fromTask('fsSize'),
  Ulimits: ({ task }) => (isHardened(task) ? `${byHardened}, and the task's ulimits` : "the task's ulimits"),
  Mounts: ({ task, config }) => {
    const isReadOnly = isHardened(task) ? !config.allow.includes('hardened-writable-root') : config.enableReadonlyRootfs
    const copies = isReadOnly && (task.files.length > 0 || task.artifacts.length > 0)
    const volumes = "the task's volumes and udsPath; a folder that is not there is an error"
    return copies
      ? `${volumes}. A volume without a source is for the task's files and artifacts, as the root is read-only: it goes with the container, and its size is not bounded`
      : volumes
  },
  NetworkMode: ({ task }) =>
    task.network !== undefined
      ? "the task's network, listed in config networks"
      : task.disableNet
        ? "the task's disableNet"
        : byHardened,
  IpcMode: () => `${byHardened}: no shared memory`,
  OomScoreAdj: () => `${byHardened}: goes first when the host's memory runs out`,
  LogConfig: ({ task }) => (task.loggerConfig ? "the task's loggerConfig" : `${byDefault}: no log files`),
  Runtime: ({ task }) =>
    task.runtime === undefined ? 'config runtime' : "the task's runtime, listed in config runtimes",
  RestartPolicy: () => 'a task runs once',
}

const loose = ({ config }: Given, what: ResolvedDockerConfig['allow'][number]) =>
  config.allow.includes(what) ? `config allow: ${what}` : undefined

/**
 * Explains the create options of a task, without an engine. The task's hook `containerOptions` is run, as a run would do.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for a hook that throws or is asynchronous.
 */
export function explain(
  task: ResolvedTask,
  config: ResolvedDockerConfig,
  { labels, hostname }: { readonly labels: Record<string, string>; readonly hostname: string | undefined },
): Explanation {
  const given = { task, config }
  const defaults = createOptions(task, { ...config, hostname }, labels)
  const edited = structuredClone(defaults)
  runHook(task, edited)
  const { HostConfig, ...top } = edited
  const shown = { ...top, Env: (top.Env ?? []).map(variable => `${variable.slice(0, variable.indexOf('='))}=•••`) }
  const before = { ...defaults, ...prefixed(defaults.HostConfig) } as Readonly<Record<string, unknown>>
  const now = { ...edited, ...prefixed(HostConfig) } as Readonly<Record<string, unknown>>
  const explained = (values: object, reasons: Readonly<Record<string, Reason>>, prefix: string) =>
    Object.entries(values).map(([name, value]) => {
      const option = `${prefix}${name}`
      const isEdited = !isDeepStrictEqual(now[option], before[option])
      return {
        option,
        value: value as unknown,
        reason: isEdited ? "the task's containerOptions" : (reasons[name]?.(given) ?? ''),
      }
    })
  return {
    options: [
      ...explained(shown, topReasons, ''),
      ...(task.platform === undefined
        ? []
        : [
            { option: 'platform', value: task.platform, reason: "the task's platform: a parameter of create and pull" },
          ]),
      ...(task.gpus === 0
        ? []
        : [
            {
              option: 'HostConfig.DeviceRequests',
              value: task.gpus,
              reason: "the task's gpus, counted by config gpus; picked when it is prepared",
            },
          ]),
      ...explained(HostConfig, hostReasons, 'HostConfig.'),
      ...networkOf(HostConfig, given),
    ],
    loosened: [...loosened(config), ...loosenedByHook(edited, defaults, isHardened(task))],
  }
}

const prefixed = (options: object) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [`HostConfig.${name}`, value]))

/** What the hook loosens. A run also follows the links of new mount sources, for which it takes the engine's machine. */
function loosenedByHook(edited: CreateOptions, defaults: CreateOptions, hardened: boolean): string[] {
  const names = loosenings(edited as unknown as Fields, defaults as unknown as Fields, hardened).map(({ name }) => name)
  return [...new Set(names)].map(name => `containerOptions: ${name}`)
}

/** The network, which is picked only when the container is prepared. */
function networkOf(
  { NetworkMode }: HostOptions,
  { task, config: { dockerNetworks, preForkPoolSize, preForkNetworks, preForkUseOnce } }: Given,
) {
  // A network that the task names is kept.
  if (NetworkMode !== undefined && NetworkMode !== 'none') return []
  const networkless = NetworkMode === 'none'
  const isMade = preForkNetworks.length === 0 || preForkNetworks.some(network => (network === 'none') === networkless)
  // Untrusted code gets no namespace that serves others.
  const pooled = preForkPoolSize > 0 && isMade && (preForkUseOnce || !isHardened(task))
  const choices = [
    ...(pooled ? ['container:<a namespace of the prefork pool>'] : []),
    ...(NetworkMode === undefined ? dockerNetworks : []),
  ]
  if (choices.length === 0) return []
  const reason = 'picked when it is prepared: a free namespace of the pool first, then the least used of dockerNetworks'
  return [{ option: 'HostConfig.NetworkMode', value: choices, reason }]
}

function loosened(config: ResolvedDockerConfig): string[] {
  const { allow, allowDangerousMounts, enableTini, pids, preForkPoolSize, preForkUseOnce } = config
  return [
    ...allow.map(what => `allow: ${what}`),
    ...sharedNetworks(config).map(({ field, network }) => `${field}: ${network}`),
    ...(allowDangerousMounts ? ['allowDangerousMounts'] : []),
    ...(enableTini ? [] : ['enableTini: false']),
    ...(pids > 0 ? [] : ['pids: 0']),
    ...(preForkPoolSize > 0 && !preForkUseOnce ? ['preForkUseOnce: false'] : []),
  ]
}
