import type { RegistryAuth, Size } from '../../../task/task.ts'
import {
  alias,
  type Field,
  flag,
  milliseconds,
  oneOf,
  type Resolved,
  resolveFields,
  size,
  someOf,
  text,
  whole,
  words,
} from '../../../utils/validation/config-fields.ts'
import { type AllowName, allowNames } from './allow.ts'
import { Registries, readRegistries } from './registries.ts'

/**
 * Settings of a docker driver (Fn's `Config`). All are optional; each can come from the environment too, as
 * `COOKIETIN_` and its name in capitals: `COOKIETIN_DOCKER_NETWORKS`. Fn's own spelling (`docker_networks`) works as well.
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
  /** The image whose containers hold the namespaces. Default `'cookietin/pause:1'`, which the driver makes itself (a few hundred bytes) and no registry has. */
  readonly preForkImage?: string | undefined
  /** What they run; it must not end. Default: what the default image does, or `'tail -f /dev/null'` in any other. */
  readonly preForkCmd?: string | readonly string[] | undefined
  /** Every namespace serves one container only. Default true, unlike Fn: a shared one joins tasks that know nothing of each other. */
  readonly preForkUseOnce?: boolean | number | undefined
  /** With `preForkUseOnce: false`: after so many containers a namespace is thrown away all the same. 0: never. Default 0. */
  readonly preForkMaxUses?: number | undefined
  /** With `preForkUseOnce: false`: how long a namespace rests between two containers, in ms, so that connections of the last one are over. Default 0. */
  readonly preForkRest?: number | undefined
  /**
   * The networks of the namespaces, in turn; a string is split at spaces. `none` makes namespaces for tasks without a network, which start faster with one, too.
   * Default none: the engine's own.
   */
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
  /**
   * What of the security profile is given up, by name, for every task of this driver; a string is split at spaces. Default none. `capabilities`: the engine's usual ones.
   * `new-privileges`: set-uid programs work. `swap`: the engine's usual amount beyond the memory limit. `log-files`: the engine keeps logs. `hardened-root`, `hardened-network`,
   * `hardened-writable-root`, `hardened-shared-memory`, `hardened-volumes` (those that an image brings): of the hardened profile.
   */
  readonly allow?: string | readonly AllowName[] | undefined
  /** Takes only images that are named by a digest, which nobody can change. Default false. */
  readonly requireDigest?: boolean | undefined
  /** The engine's runtime for every container, such as `'runsc'`. Default: the engine's own. */
  readonly runtime?: string | undefined
  /** Deadline of an ordinary engine call in ms. Default 15 000. */
  readonly engineTimeout?: number | undefined
  /** Deadline of creating and of starting a container in ms; a busy engine does these one after another. Default 60 000. */
  readonly startTimeout?: number | undefined
  /** Deadline of making an image present in ms, with all retries. Default 600 000. */
  readonly pullTimeout?: number | undefined
  /** How long a pull may go without progress, in ms. Default 60 000. */
  readonly pullIdleTimeout?: number | undefined
  /** How often a pull that failed for a passing reason (the registry is out of reach or answers 5xx, a layer came broken) is tried again. Default 3. */
  readonly pullRetries?: number | undefined
  /** How long to wait before the first retry of a pull, in ms; doubled for each further one, and up to half less by chance. Default 1000. */
  readonly pullRetryDelay?: number | undefined
  /** The longest wait before a retry of a pull, in ms. Default 30 000. */
  readonly pullRetryMaxDelay?: number | undefined
  /**
   * Credentials by registry, `{ 'ghcr.io': { username, password } }`, or the same as JSON. They beat those of Docker's own config, and a task's own beat them. Default none.
   */
  readonly registries?: string | Readonly<Record<string, RegistryAuth>> | Registries | undefined
  /**
   * How many bytes of images the engine may hold: above that, the least recently used ones are removed (Fn's later `image_clean_max_size`). It counts and removes
   * **every** image of the engine that no container uses, also what cookietin has not pulled. 0: none is removed. Default 0.
   */
  readonly imageCacheMaxSize?: Size | undefined
  /** References of images that are never removed; a string is split at spaces (Fn's later `image_clean_exempt_tags`). Default none. */
  readonly imageCacheExemptTags?: string | readonly string[] | undefined
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

/** Fn's `Config` as its JSON spells it. */
export interface FnConfig {
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

/** The image of the prefork pool that the driver makes itself. */
export const pauseImage = 'cookietin/pause:1'

const registries: Field<Registries> = {
  otherwise: new Registries(),
  allowed:
    'an object of credentials by registry, each with some of username, password, identityToken, registryToken and serverAddress',
  secret: true,
  read: readRegistries,
}

const dockerFields = {
  docker: text(undefined),
  dockerNetworks: words([]),
  dockerLoadFile: text(undefined),
  serverVersion: text(undefined),
  preForkPoolSize: whole(0),
  preForkImage: text(pauseImage),
  preForkCmd: words([]),
  preForkUseOnce: flag(true),
  preForkMaxUses: whole(0),
  preForkRest: milliseconds(0, 0),
  preForkNetworks: words([]),
  maxTmpfsInodes: whole(0),
  enableReadonlyRootfs: flag(false),
  enableTini: flag(true),
  pids: whole(256),
  allowDangerousMounts: flag(false),
  allow: someOf(allowNames),
  requireDigest: flag(false),
  runtime: text(undefined),
  engineTimeout: milliseconds(15_000),
  startTimeout: milliseconds(60_000),
  pullTimeout: milliseconds(600_000),
  pullIdleTimeout: milliseconds(60_000),
  pullRetries: whole(3),
  pullRetryDelay: milliseconds(1_000),
  pullRetryMaxDelay: milliseconds(30_000),
  registries,
  imageCacheMaxSize: alias('imageCleanMaxSize', size(0)),
  imageCacheExemptTags: alias('imageCleanExemptTags', words([])),
  reconnectTimeout: milliseconds(30_000),
  outputTimeout: milliseconds(2000),
  sampler: oneOf(['engine', 'cgroup'], 'engine'),
  sampleInterval: milliseconds(100, 50),
  sshCommand: text('ssh'),
}

/** A docker driver's config, complete and read-only. */
export type ResolvedDockerConfig = Resolved<typeof dockerFields>

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/**
 * Completes a docker driver's config: what is given beats the environment, which beats the default.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, naming the environment variable where a value came from one.
 */
export function resolveDockerConfig(given: DockerConfig | FnConfig, env: Env): ResolvedDockerConfig {
  return resolveFields(dockerFields, given, env)
}
