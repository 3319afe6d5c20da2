import type { Loosened } from '../config/allow.ts'

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
