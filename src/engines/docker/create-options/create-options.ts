import { secretsOfEnv } from '../../../task/secrets.ts'
import type { ResolvedTask } from '../../../task/task.ts'
import type { AllowName } from '../config/allow.ts'

/** The body of the engine's create call, as far as cookietin fills it in. Users may add more fields. */
export interface CreateOptions {
  Image: string
  Cmd?: string[]
  Env: string[]
  Labels: Record<string, string>
  WorkingDir?: string
  User?: string
  Hostname?: string
  StopSignal?: string
  Tty: boolean
  AttachStdin: boolean
  AttachStdout: boolean
  AttachStderr: boolean
  OpenStdin: boolean
  StdinOnce: boolean
  HostConfig: HostOptions
}

/** The `HostConfig` of the create call. */
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
  /** A volume without a source is made with the container and removed with it. */
  Mounts?: { Type: 'bind' | 'volume'; Source?: string; Target: string; ReadOnly: boolean }[]
  NetworkMode?: string
  IpcMode?: string
  OomScoreAdj?: number
  /** Undefined: the engine's default log driver. */
  LogConfig?: { Type: string; Config: Record<string, string> }
  Runtime?: string
  RestartPolicy: { Name: string }
}

/** The settings of a driver's config that apply to every container. */
export interface ContainerDefaults {
  readonly enableTini: boolean
  readonly pids: number
  readonly enableReadonlyRootfs: boolean
  readonly maxTmpfsInodes: number
  /** The host name of containers with a network of their own. Undefined: the engine picks one. */
  readonly hostname: string | undefined
  /** The parts of the security profile that are given up. Default none. */
  readonly allow?: readonly AllowName[]
  readonly runtime?: string | undefined
}

/** True when the config gives this part of the profile up. */
export const isAllowed = ({ allow = [] }: Pick<ContainerDefaults, 'allow'>, name: AllowName): boolean =>
  allow.includes(name)

/** Sets a container's network. A network shared with the host or another container comes with its own host name. */
export function useNetwork(options: CreateOptions, network: string): void {
  options.HostConfig.NetworkMode = network
  if (network === 'host' || network.startsWith('container:')) delete options.Hostname
}

/** The texts to mask in errors: the task's secrets, and those of variables that were added by hand. */
export function secretsOf(task: ResolvedTask, { Env }: CreateOptions): readonly string[] {
  const variables = (Array.isArray(Env) ? Env : []).map(variable => {
    const [name = '', ...value] = String(variable).split('=')
    return [name, value.join('=')] as const
  })
  return [...task.secrets, ...secretsOfEnv(variables)]
}

/**
 * `size` is in MB; 0 means the kernel's default, half of the host's memory. As in Fn, inodes are limited only with a
 * size.
 */
export function tmpfsOptions(size: number, inodes: number): string {
  const options = ['rw', 'noexec', 'nosuid', 'nodev']
  if (size > 0) options.push(`size=${size}m`)
  if (size > 0 && inodes > 0) options.push(`nr_inodes=${inodes}`)
  return options.join(',')
}
