import type { RegistryAuth, Size } from '../../../task/task.ts'
import type { AllowName } from './allow.ts'
import type { Registries } from './registries.ts'
import type { SpareOptions } from './spares.ts'

/**
 * Settings of a docker driver (Fn's `Config`). All are optional. Each can also come from the environment, as
 * `COOKIETIN_` and its name in capitals: `COOKIETIN_DOCKER_NETWORKS`. Fn's own spelling (`docker_networks`)
 * works, too.
 */
export interface DockerConfig {
  /**
   * The engine's address, such as `unix:///var/run/docker.sock`.
   *
   * @default `DOCKER_HOST`, then the default socket
   */
  readonly docker?: string | undefined
  /**
   * Networks to spread containers over: the least used one is next. A string is split at spaces. Those of the host
   * and of other containers (`host`, `container:…`) need `allow: 'namespaces'`.
   *
   * @default none: the engine's own
   */
  readonly dockerNetworks?: string | readonly string[] | undefined
  /**
   * A tar file of images to load when the driver is created.
   *
   * @default none
   */
  readonly dockerLoadFile?: string | undefined
  /**
   * The oldest engine version to accept, such as `'20.10.0'`.
   *
   * @default any
   */
  readonly serverVersion?: string | undefined
  /**
   * Network namespaces to keep ready, which makes starts faster.
   *
   * @default 0: none
   */
  readonly preForkPoolSize?: number | undefined
  /**
   * The image of the containers that hold the namespaces.
   *
   * @default `'cookietin/pause:1'`: a few hundred bytes that the driver makes itself, without a registry
   */
  readonly preForkImage?: string | undefined
  /**
   * Their command, which must not end.
   *
   * @default that of the default image, or `'tail -f /dev/null'` in any other image
   */
  readonly preForkCmd?: string | readonly string[] | undefined
  /**
   * Every namespace serves one container only.
   *
   * @default true, unlike Fn: a reused one connects unrelated tasks
   */
  readonly preForkUseOnce?: boolean | number | undefined
  /**
   * With `preForkUseOnce: false`: number of containers after which a namespace is replaced. 0: never.
   *
   * @default 0
   */
  readonly preForkMaxUses?: number | undefined
  /**
   * With `preForkUseOnce: false`: pause between two containers of a namespace, in ms, in which the connections of the
   * first one end.
   *
   * @default 0
   */
  readonly preForkRest?: number | undefined
  /**
   * The networks of the namespaces, in turn. A string is split at spaces. `none` makes namespaces for tasks without a
   * network.
   *
   * @default none: the engine's own network and no network, as tasks ask for it
   */
  readonly preForkNetworks?: string | readonly string[] | undefined
  /**
   * Containers that are started ahead, of which each runs one task: `[{ image: 'busybox', size: 4 }]`, or the same as JSON. A
   * task gets one that its create call would have made the same, but for command, variables and working directory.
   *
   * @default none
   */
  readonly spares?: string | readonly SpareOptions[] | undefined
  /**
   * The init process of every container is the launcher of the spare containers, which reports the exit of a task sooner than the
   * engine. It has no effect on tasks without an init process.
   *
   * @default false
   */
  readonly launcherInit?: boolean | undefined
  /**
   * Maximum number of files in a `/tmp` that has a size limit.
   *
   * @default 0: no limit
   */
  readonly maxTmpfsInodes?: number | undefined
  /**
   * Makes the root file system of every container read-only.
   *
   * @default false
   */
  readonly enableReadonlyRootfs?: boolean | undefined
  /**
   * Runs an init process, which forwards signals and reaps zombies.
   *
   * @default true
   */
  readonly enableTini?: boolean | undefined
  /**
   * Maximum number of processes and threads of a task that sets no limit; 0: no limit.
   * The hardened profile permits 128 at most.
   *
   * @default 256
   */
  readonly pids?: number | undefined
  /**
   * Permits mounts of host paths that give control of the host.
   *
   * @default false
   */
  readonly allowDangerousMounts?: boolean | undefined
  /**
   * The parts of the security profile that are given up for every task of this driver, by name. A string is split at
   * spaces. `capabilities`: containers have the engine's default ones. `new-privileges`: set-uid programs work.
   * `swap`: the engine's default amount beyond the memory limit. `log-files`: the engine keeps logs. For the hardened
   * profile: `hardened-root`, `hardened-network`, `hardened-writable-root`, `hardened-shared-memory`, and `hardened-
   * volumes` (volumes of the image).
   *
   * @default none
   */
  readonly allow?: string | readonly AllowName[] | undefined
  /**
   * Accepts only images that are named by a digest, which cannot change.
   *
   * @default false
   */
  readonly requireDigest?: boolean | undefined
  /**
   * The engine's runtime for every container, such as `'runsc'`.
   *
   * @default the engine's own
   */
  readonly runtime?: string | undefined
  /**
   * The networks that a task may name in its `network`. A string is split at spaces. `host` and `container:…` need
   * `allow: 'namespaces'`.
   *
   * @default none
   */
  readonly networks?: string | readonly string[] | undefined
  /**
   * The runtimes that a task may name in its `runtime`. A string is split at spaces.
   *
   * @default none
   */
  readonly runtimes?: string | readonly string[] | undefined
  /**
   * How many GPUs the engine's host has for tasks. Executors run no more tasks at once than have one.
   *
   * @default 0: no task gets one
   */
  readonly gpus?: number | undefined
  /**
   * Time limit of an ordinary engine call, in ms.
   *
   * @default 15 000
   */
  readonly engineTimeout?: number | undefined
  /**
   * Time limit of creating and of starting a container, in ms. A busy engine does these one by one.
   *
   * @default 60 000
   */
  readonly startTimeout?: number | undefined
  /**
   * Time limit of making an image present, in ms, with all retries.
   *
   * @default 600 000
   */
  readonly pullTimeout?: number | undefined
  /**
   * Time limit of a pull without progress, in ms.
   *
   * @default 60 000
   */
  readonly pullIdleTimeout?: number | undefined
  /**
   * Retries of a pull that failed for a temporary reason: the registry is unreachable or answers 5xx, or a layer is
   * corrupt.
   *
   * @default 3
   */
  readonly pullRetries?: number | undefined
  /**
   * Delay before the first retry of a pull, in ms. It doubles with each retry, minus a jitter of up to half.
   *
   * @default 1000
   */
  readonly pullRetryDelay?: number | undefined
  /**
   * Maximum delay before a retry of a pull, in ms.
   *
   * @default 30 000
   */
  readonly pullRetryMaxDelay?: number | undefined
  /**
   * Credentials by registry, `{ 'ghcr.io': { username, password } }`, or the same as JSON. They override Docker's own
   * config. A task's own credentials override them.
   *
   * @default none
   */
  readonly registries?: string | Readonly<Record<string, RegistryAuth>> | Registries | undefined
  /**
   * Maximum size of the engine's images, in bytes. Above it, the least recently used ones are removed (Fn's later
   * `image_clean_max_size`). It counts and removes **every** image that no container uses, also those that cookietin
   * has not pulled. 0: no image is removed.
   *
   * @default 0
   */
  readonly imageCacheMaxSize?: Size | undefined
  /**
   * References of images that are never removed (Fn's later `image_clean_exempt_tags`). A string is split at spaces.
   *
   * @default none
   */
  readonly imageCacheExemptTags?: string | readonly string[] | undefined
  /**
   * Time limit for finding a lost engine again, in ms. After it, its containers count as lost. New containers and
   * pulls wait as long for it.
   *
   * @default 30 000
   */
  readonly reconnectTimeout?: number | undefined
  /**
   * Time that output may stall after the exit, in ms, before the rest is given up.
   *
   * @default 2000
   */
  readonly outputTimeout?: number | undefined
  /**
   * How long a run with a timeout may be frozen altogether, in ms, before another process may take it for left behind and remove it.
   *
   * @default 3600000
   */
  readonly freezeAllowance?: number | undefined
  /**
   * The source of samples. `'engine'`: the engine, about once a second. `'cgroup'`: the cgroup files of this machine,
   * so that short runs have samples, too; the engine must run on this machine.
   *
   * @default `'engine'`
   */
  readonly sampler?: 'engine' | 'cgroup' | undefined
  /**
   * Interval of the cgroup sampler in ms, at least 50. It has no effect on the engine's sampler.
   *
   * @default 100
   */
  readonly sampleInterval?: number | undefined
  /**
   * Who freezes and thaws containers. `'engine'`: the engine, by its pause. `'cgroup'`: this process, by the control group's own file, which
   * is ten times as fast and of which the engine does not know; the engine must run on this machine, and the file must be writable. `'auto'`:
   * the file where that can be had and the engine's own kill ends such a container, else the engine.
   *
   * @default `'auto'`
   */
  readonly freezer?: 'engine' | 'cgroup' | 'auto' | undefined
  /**
   * The ssh program for an `ssh://` address.
   *
   * @default `'ssh'`
   */
  readonly sshCommand?: string | undefined
  /**
   * The folder for the sockets of hot functions, which this process and the engine both see under the same path.
   *
   * @default the system's folder for temporary files
   */
  readonly socketFolder?: string | undefined
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
