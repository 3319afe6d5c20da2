import type { CreateOptions } from '../../../task/engine/create-options.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { secretsOfEnv } from '../../../task/secrets/secrets.ts'
import type { AllowName } from '../config/allow.ts'

export type { CreateOptions, HostOptions } from '../../../task/engine/create-options.ts'

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

/** True when the task mounts a tmpfs of its own at `/tmp`. */
export const hasTmp = ({ tmpfs }: ResolvedTask): boolean => tmpfs.some(({ target }) => target === '/tmp')

/** The mount options of a task's own folders in memory. */
export function tmpfsOf({ tmpfs }: ResolvedTask): Record<string, string> {
  return Object.fromEntries(
    tmpfs.map(({ target, size, mode, exec }) => [
      target,
      [
        ...['rw', exec ? 'exec' : 'noexec', 'nosuid', 'nodev'],
        ...(size > 0 ? [`size=${size}`] : []),
        ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
      ].join(','),
    ]),
  )
}
