import type { Loosened } from '../loosenings.ts'
import type { ResolvedTask } from '../task.ts'
import { udsTarget } from '../uds.ts'
import { hardened, isHardened } from './hardened.ts'

/** The body of the engine's create call, as far as cookietin fills it in. A driver's user may add to it. */
export interface CreateOptions {
  Image: string
  Cmd?: string[]
  Env: string[]
  Labels: Record<string, string>
  WorkingDir?: string
  User?: string
  Hostname?: string
  Tty: boolean
  AttachStdin: boolean
  AttachStdout: boolean
  AttachStderr: boolean
  OpenStdin: boolean
  StdinOnce: boolean
  HostConfig: HostOptions
}

/** What of it concerns the host. */
export interface HostOptions {
  Init: boolean
  CapDrop: string[]
  SecurityOpt: string[]
  PidsLimit: number
  Memory?: number
  MemorySwap?: number
  CpuQuota?: number
  CpuPeriod?: number
  ReadonlyRootfs: boolean
  Tmpfs?: Record<string, string>
  StorageOpt?: Record<string, string>
  Ulimits?: { Name: string; Soft: number; Hard: number }[]
  Mounts?: { Type: 'bind'; Source: string; Target: string; ReadOnly: boolean }[]
  NetworkMode?: string
  IpcMode?: string
  OomScoreAdj?: number
  /** Undefined: the engine's own way of keeping logs. */
  LogConfig?: { Type: string; Config: Record<string, string> }
  Runtime?: string
  RestartPolicy: { Name: string }
}

/** What of a driver's config goes into every container. */
export interface ContainerDefaults {
  readonly enableTini: boolean
  readonly pids: number
  readonly enableReadonlyRootfs: boolean
  readonly maxTmpfsInodes: number
  /** Given to containers with a network of their own; undefined: the engine's choice. */
  readonly hostname: string | undefined
  /** What of the security profile is given up. Default none. */
  readonly allow?: readonly Loosened[]
  readonly runtime?: string | undefined
}

/** True when the config gives this up. */
export const isAllowed = ({ allow = [] }: Pick<ContainerDefaults, 'allow'>, what: Loosened): boolean =>
  allow.includes(what)

const cpuPeriod = 100_000

/**
 * The create options of a task: everything that is not asked for is closed.
 *
 * Only what every supported engine takes is sent: no KernelMemory, no MemorySwappiness (refused on cgroup v2), no Binds (they create
 * a missing host folder as root).
 */
export function createOptions(
  task: ResolvedTask,
  defaults: ContainerDefaults,
  labels: Record<string, string>,
): CreateOptions {
  const hasInput = task.input !== undefined
  const networkless = task.disableNet || (isHardened(task) && !isAllowed(defaults, 'hardened-network'))
  const options: CreateOptions = {
    Image: task.image,
    ...(task.command.length > 0 && { Cmd: [...task.command] }),
    Env: Object.entries(task.env).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    ...(task.workDir !== undefined && { WorkingDir: task.workDir }),
    ...(task.user !== undefined && { User: task.user }),
    ...(!networkless && defaults.hostname !== undefined && { Hostname: defaults.hostname }),
    Tty: false,
    AttachStdin: hasInput,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: hasInput,
    StdinOnce: hasInput,
    HostConfig: hostOptions(task, defaults, networkless),
  }
  return isHardened(task) ? hardened(options, task, defaults) : options
}

function hostOptions(task: ResolvedTask, defaults: ContainerDefaults, networkless: boolean): HostOptions {
  const ulimits = Object.entries(task.ulimits)
  const mounts = mountsOf(task)
  const needsTmp = task.tmpFsSize > 0 || defaults.enableReadonlyRootfs
  return {
    Init: defaults.enableTini,
    CapDrop: isAllowed(defaults, 'capabilities') ? [] : ['ALL'],
    SecurityOpt: isAllowed(defaults, 'new-privileges') ? [] : ['no-new-privileges:true'],
    PidsLimit: task.pids || defaults.pids,
    // Swap counts into MemorySwap: the same number means none.
    ...(task.memory > 0 && { Memory: task.memory }),
    ...(task.memory > 0 && !isAllowed(defaults, 'swap') && { MemorySwap: task.memory }),
    ...(task.cpus > 0 && { CpuQuota: (task.cpus * cpuPeriod) / 1000, CpuPeriod: cpuPeriod }),
    ReadonlyRootfs: defaults.enableReadonlyRootfs,
    ...(needsTmp && { Tmpfs: { '/tmp': tmpfsOptions(task.tmpFsSize, defaults.maxTmpfsInodes) } }),
    ...(task.fsSize > 0 && { StorageOpt: { size: `${task.fsSize}M` } }),
    ...(ulimits.length > 0 && { Ulimits: ulimits.map(([Name, limit]) => ({ Name, Soft: limit, Hard: limit })) }),
    ...(mounts.length > 0 && { Mounts: mounts }),
    ...(networkless && { NetworkMode: 'none' }),
    ...logConfig(task, defaults),
    ...(defaults.runtime !== undefined && { Runtime: defaults.runtime }),
    RestartPolicy: { Name: 'no' },
  }
}

/** Puts a container on a network. One that it shares with the host or with another container has a host name of its own. */
export function useNetwork(options: CreateOptions, network: string): void {
  options.HostConfig.NetworkMode = network
  if (network === 'host' || network.startsWith('container:')) delete options.Hostname
}

/** What of the options is in no error: the values of the environment. */
export function secretsOf({ Env }: CreateOptions): string[] {
  return Env.map(variable => variable.slice(variable.indexOf('=') + 1))
}

/** `size` in MB; 0: the kernel's default, half of the host's memory. The number of inodes is limited only with a size, as the seed does. */
export function tmpfsOptions(size: number, inodes: number): string {
  const options = ['rw', 'noexec', 'nosuid', 'nodev']
  if (size > 0) options.push(`size=${size}m`)
  if (size > 0 && inodes > 0) options.push(`nr_inodes=${inodes}`)
  return options.join(',')
}

function mountsOf(task: ResolvedTask): NonNullable<HostOptions['Mounts']> {
  const mounts = task.volumes.map(({ source, target, readOnly }) => ({
    Type: 'bind' as const,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  }))
  if (task.udsPath !== undefined) {
    mounts.push({ Type: 'bind', Source: task.udsPath, Target: udsTarget, ReadOnly: false })
  }
  return mounts
}

function logConfig({ loggerConfig }: ResolvedTask, defaults: ContainerDefaults): Pick<HostOptions, 'LogConfig'> {
  if (loggerConfig === undefined) {
    return isAllowed(defaults, 'log-files') ? {} : { LogConfig: { Type: 'none', Config: {} } }
  }
  const tag = loggerConfig.tags.map(([name, value]) => `${name}=${value}`).join(',')
  return {
    LogConfig: {
      Type: 'syslog',
      Config: {
        'syslog-address': loggerConfig.url,
        'syslog-facility': 'user',
        'syslog-format': 'rfc5424',
        ...(tag !== '' && { tag }),
      },
    },
  }
}
