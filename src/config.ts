import { flag, milliseconds, oneOf, type Resolved, resolveFields, text, whole, words } from './config-fields.ts'

/**
 * Settings of a docker driver (the seed's `Config`). All are optional; each can come from the environment too, as
 * `COOKIETIN_` and its name in capitals: `COOKIETIN_DOCKER_NETWORKS`. The seed's own spelling (`docker_networks`) works as well.
 */
export interface DockerConfig {
  /** The engine's address, such as `unix:///var/run/docker.sock`. Default: `DOCKER_HOST`, then the default socket. */
  readonly docker?: string | undefined
  /** Networks to spread containers over, by least use; a string is split at spaces. Default none: the engine's own. */
  readonly dockerNetworks?: string | readonly string[] | undefined
  /** A tar file of images that is loaded when the driver is made. */
  readonly dockerLoadFile?: string | undefined
  /** The least engine version that will do, such as `'20.10.0'`. Default: any. */
  readonly serverVersion?: string | undefined
  /** How many network namespaces are held ready, so that a start need not make one. Default 0: none. */
  readonly preForkPoolSize?: number | undefined
  /** The image whose containers hold the namespaces. Default `'busybox'`. */
  readonly preForkImage?: string | undefined
  /** What they run; it must not end. Default `'tail -f /dev/null'`. */
  readonly preForkCmd?: string | readonly string[] | undefined
  /** Every namespace serves one container only. Default true, unlike the seed: a shared one joins tasks that know nothing of each other. */
  readonly preForkUseOnce?: boolean | number | undefined
  /** The networks of the namespaces; a string is split at spaces. Default none: the engine's own. */
  readonly preForkNetworks?: string | readonly string[] | undefined
  /** Limit on the files in a `/tmp` that has a size limit. Default 0: none. */
  readonly maxTmpfsInodes?: number | undefined
  /** Makes the root file system of every container read-only. Default false. */
  readonly enableReadonlyRootfs?: boolean | undefined
  /** Runs an init process, which passes signals on and reaps zombies. Default true. */
  readonly enableTini?: boolean | undefined
  /** Limit on processes and threads of a task that names none. 0: no limit. Default 256. */
  readonly pids?: number | undefined
  /** Lets tasks mount host paths that give control of the host. Default false. */
  readonly allowDangerousMounts?: boolean | undefined
  /** Deadline of an ordinary engine call in ms. Default 15 000. */
  readonly engineTimeout?: number | undefined
  /** Deadline of creating and of starting a container in ms; a busy engine does these one after another. Default 60 000. */
  readonly startTimeout?: number | undefined
  /** Deadline of a pull in ms. Default 600 000. */
  readonly pullTimeout?: number | undefined
  /** How long a pull may go without progress, in ms. Default 60 000. */
  readonly pullIdleTimeout?: number | undefined
  /** How long a lost engine is looked for, in ms, before its containers count as lost. Default 30 000. */
  readonly reconnectTimeout?: number | undefined
  /** How long output may stall after the exit, in ms, before the rest is given up. Default 2000. */
  readonly outputTimeout?: number | undefined
  /**
   * Who samples: `'engine'`, about once a second; or `'cgroup'`, which reads the cgroup files of this machine itself, so that short runs have samples too. It
   * needs an engine on this machine. Default `'engine'`.
   */
  readonly sampler?: 'engine' | 'cgroup' | undefined
  /** How often the cgroup sampler reads, in ms, from 50 up. Default 100. The engine's sampler has its own pace. */
  readonly sampleInterval?: number | undefined
  /** The ssh program for an `ssh://` address. Default `'ssh'`. */
  readonly sshCommand?: string | undefined
}

/** The seed's `Config` as its JSON spells it. */
export interface SeedConfig {
  readonly docker?: string
  readonly docker_networks?: string
  readonly docker_load_file?: string
  readonly server_version?: string
  readonly pre_fork_pool_size?: number
  readonly pre_fork_image?: string
  readonly pre_fork_cmd?: string
  /** Any number but 0 is true. */
  readonly pre_fork_use_once?: number
  readonly pre_fork_networks?: string
  readonly max_tmpfs_inodes?: number
  readonly enable_readonly_rootfs?: boolean
  readonly enable_tini?: boolean
}

/** Settings of a process driver. All are optional; each can come from the environment too. */
export interface ProcessConfig {
  /** How long output may stall after the exit, in ms, before the rest is given up. Default 2000. `COOKIETIN_OUTPUT_TIMEOUT`. */
  readonly outputTimeout?: number | undefined
}

const outputTimeout = milliseconds(2000)

const dockerFields = {
  docker: text(undefined),
  dockerNetworks: words([]),
  dockerLoadFile: text(undefined),
  serverVersion: text(undefined),
  preForkPoolSize: whole(0),
  preForkImage: text('busybox'),
  preForkCmd: words(['tail', '-f', '/dev/null']),
  preForkUseOnce: flag(true),
  preForkNetworks: words([]),
  maxTmpfsInodes: whole(0),
  enableReadonlyRootfs: flag(false),
  enableTini: flag(true),
  pids: whole(256),
  allowDangerousMounts: flag(false),
  engineTimeout: milliseconds(15_000),
  startTimeout: milliseconds(60_000),
  pullTimeout: milliseconds(600_000),
  pullIdleTimeout: milliseconds(60_000),
  reconnectTimeout: milliseconds(30_000),
  outputTimeout,
  sampler: oneOf(['engine', 'cgroup'], 'engine'),
  sampleInterval: milliseconds(100, 50),
  sshCommand: text('ssh'),
}

const processFields = { outputTimeout }

/** A docker driver's config, complete and read-only. */
export type ResolvedDockerConfig = Resolved<typeof dockerFields>

/** A process driver's config, complete and read-only. */
export type ResolvedProcessConfig = Resolved<typeof processFields>

type Env = Readonly<Record<string, string | undefined>>

/**
 * Completes a docker driver's config: what is given beats the environment, which beats the default.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, naming the environment variable where a value came from one.
 */
export function resolveDockerConfig(given: DockerConfig | SeedConfig, env: Env): ResolvedDockerConfig {
  return resolveFields(dockerFields, given, env)
}

/** As {@link resolveDockerConfig}, for a process driver. */
export function resolveProcessConfig(given: ProcessConfig, env: Env): ResolvedProcessConfig {
  return resolveFields(processFields, given, env)
}
