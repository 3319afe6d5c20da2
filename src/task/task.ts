import type { Readable, Writable } from 'node:stream'
import type { Stat } from '../stats/stat.ts'
import type { ContainerOptionsHook } from './engine/create-options.ts'
import type { ImageName } from './image-name.ts'
import type { RetryOptions } from './retry/types.ts'

/** The path inside a container of the folder that holds its unix socket (`udsPath`), as in Fn. */
export const udsTarget = '/tmp/iofs'

/** A size in bytes, or a string with a unit: `'64m'`, `'1.5g'` (b, k, m, g, t; powers of 1024, as the docker CLI reads them). */
export type Size = number | string

/** The standard input of a container (Fn's `Input`). */
export type TaskInput =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Readable
  | ReadableStream<string | Uint8Array>

/** Makes the standard input of a container, once for each attempt. */
export type InputFactory = () => TaskInput | Promise<TaskInput>

/** Credentials for one registry. */
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  /** A refresh token, which some registries issue in place of a password. */
  readonly identityToken?: string
  /** A bearer token, sent to the registry unchanged. */
  readonly registryToken?: string
  readonly serverAddress?: string
}

/** Finds credentials (Fn's `Auther`). Called once before each pull that needs the registry. Undefined means anonymous. */
export type AuthCallback = (
  image: ImageName,
  options: { readonly signal: AbortSignal },
) => RegistryAuth | undefined | Promise<RegistryAuth | undefined>

/** The syslog server that receives the container's log (Fn's `LoggerConfig`). */
export interface LoggerConfig {
  /** A syslog address, such as `tcp://127.0.0.1:514`. */
  readonly url: string
  /** Sent with every line (Fn's `Tags`). */
  readonly tags?: Readonly<Record<string, string>> | readonly { readonly name: string; readonly value: string }[]
}

/** `ro`: read-only. `z` and `Z` label the host's files for SELinux: for all containers, or for this one alone. */
export type VolumeMode = 'ro' | 'rw' | 'z' | 'Z' | 'ro,z' | 'ro,Z' | 'rw,z' | 'rw,Z'

/** A volume of the engine by its name. It is made, with a label of ours, where it is missing, and outlives the run. */
export interface NamedVolume {
  readonly volume: string
  /** The path in the container, absolute. */
  readonly target: string
  /** @default false */
  readonly readOnly?: boolean | undefined
}

/**
 * A mount: host path (absolute), container path (absolute), and its mode, such as `'ro'` for a read-only mount (Fn's `Volumes`); or a volume
 * of the engine.
 */
export type Volume =
  | readonly [host: string, container: string]
  | readonly [host: string, container: string, mode: VolumeMode]
  | NamedVolume

/** A tmpfs: its size, or its size with more. */
export type TmpfsSize =
  | Size
  | {
      /** 0: half of the host's memory. */
      readonly size: Size
      /**
       * The permissions of its root, such as 0o700.
       *
       * @default 0o1777
       */
      readonly mode?: number | undefined
      /**
       * Programs on it may be run.
       *
       * @default false
       */
      readonly exec?: boolean | undefined
    }

/** A resource limit: soft and hard alike, or each on its own. -1: none. */
export type Ulimit = number | { readonly soft: number; readonly hard: number }

/** Bytes for a file in the container, or the file or folder of this host that is sent. */
export type TaskFile =
  | TaskInput
  | { readonly content: TaskInput; readonly mode?: number | undefined }
  | { readonly from: string; readonly mode?: number | undefined }

/** What to run (Fn's `ContainerTask`): a plain object. Only `image` is required. */
export interface ContainerTask {
  /** The image: `[registry/]name[:tag][@digest]`, or the id of an image on the engine (Fn's `Image`). */
  readonly image: string
  /**
   * The name of the run, unique among the driver's living cookies: 2 to 128 letters, digits, `_`, `.`, `-`, the first a letter or a digit (Fn's
   * `Id`).
   *
   * @default a random one
   */
  readonly id?: string | undefined
  /**
   * The command. An array is used unchanged. A string is split at white space without any quoting, as in Fn (Fn's `Command`).
   *
   * @default the image's own
   */
  readonly command?: string | readonly string[] | undefined
  /**
   * The program before the command. An array is used unchanged; a string is split as that of `command`. The image's own command is not used
   * then. `null` leaves out the image's entrypoint.
   *
   * @default the image's own
   */
  readonly entrypoint?: string | readonly string[] | null | undefined
  /** Labels of the container; results, transitions and everything else that tells of the run carry them. Names with `cookietin.` are refused. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /**
   * The OS and the architecture of the image, such as `'linux/arm64'`. An image that is there for another one is pulled anew.
   *
   * @default the engine's own
   */
  readonly platform?: string | undefined
  /** Environment variables (Fn's `EnvVars`). */
  readonly env?: Readonly<Record<string, string>> | undefined
  /**
   * Texts that errors, logs and the inspector mask: each the name of a variable of `env`, or the text itself. `auth`, and variables whose
   * names say so (`…PASSWORD`, `…TOKEN`, `…SECRET`, `…KEY`), are masked without being listed.
   */
  readonly secrets?: readonly string[] | undefined
  /**
   * Written to standard input, which is then closed (Fn's `Input`): text, bytes, an iterable of those, a Node or web stream. Or a function that
   * makes one of those: it is called once for each attempt, when the container takes its input.
   *
   * @default no standard input
   */
  readonly input?: TaskInput | InputFactory | undefined
  /**
   * Receives standard output while it is written (Fn's `Logger`). A slow writable slows the container. It is not ended. The result then keeps 1
   * MiB.
   */
  readonly stdout?: Writable | undefined
  /**
   * Receives standard error while it is written (Fn's `Logger`). A slow writable slows the container. It is not ended. The result then keeps 1
   * MiB.
   */
  readonly stderr?: Writable | undefined
  /**
   * `'utf8'`: output in the result is a string. `'buffer'`: it is a `Uint8Array`.
   *
   * @default 'utf8'
   */
  readonly encoding?: OutputEncoding | undefined
  /**
   * Called with each resource sample (Fn's `WriteStat`). While a promise that it returned is pending, samples are dropped but for the latest;
   * the next call is told how many, as `dropped`. After an error it is not called again; the run goes on.
   */
  readonly onStat?: OnStat | undefined
  /**
   * How long the task may run, in ms. Time spent frozen does not count. 0 and Infinity mean no timeout (Fn's `Timeout`).
   *
   * @default 0
   */
  readonly timeout?: number | undefined
  /**
   * The signal that asks the program to end: a name such as `'SIGINT'`, or a number. It is sent where `stopGrace` gives the program time.
   *
   * @default the image's own, else SIGTERM
   */
  readonly stopSignal?: string | number | undefined
  /**
   * How long the program may take to end after `stopSignal`, in ms, before it is killed: at the timeout, a cancel, a close, and when it
   * writes too much. 0 kills it at once, without a signal.
   *
   * @default 0, or the executor's
   */
  readonly stopGrace?: number | undefined
  /**
   * True thaws a frozen container to stop it, so that its program can handle the signal. Else a frozen one is killed at once.
   *
   * @default false
   */
  readonly thaw?: boolean | undefined
  /**
   * Runs the task again, in a new container, when an attempt failed for a reason that may pass. `{}` takes the defaults. Only an executor
   * retries. A cookie is one attempt: `createCookie` refuses the field.
   *
   * @default no retry
   */
  readonly retry?: RetryOptions | undefined
  /**
   * Memory limit, 6 MiB at least. Swap is never added to it. 0 means no limit (Fn's `Memory`).
   *
   * @default 0
   */
  readonly memory?: Size | undefined
  /**
   * CPU limit in milli-CPUs: 1500 is one and a half CPUs. 0 means no limit (Fn's `CPUs`).
   *
   * @default 0
   */
  readonly cpus?: number | undefined
  /**
   * Size limit of the container's file system in MB, where the engine's storage can (`cookietin doctor` tells). 0 means no limit (Fn's
   * `FsSize`).
   *
   * @default 0
   */
  readonly fsSize?: number | undefined
  /**
   * Size limit of `/tmp` in MB, which becomes a tmpfs. 0 means no limit (Fn's `TmpFsSize`).
   *
   * @default 0
   */
  readonly tmpFsSize?: number | undefined
  /**
   * Limit on processes and threads.
   *
   * @default the driver's: 256, or 128 under the hardened profile
   */
  readonly pids?: number | undefined
  /**
   * Resource limits: `{ nofile: 1024 }`, or `{ nofile: { soft: 1024, hard: 4096 } }`; -1 means no limit.
   *
   * @default the engine's
   */
  readonly ulimits?: Readonly<Record<string, Ulimit>> | undefined
  /**
   * Size of `/dev/shm`. 0 means the engine's default.
   *
   * @default 0
   */
  readonly shmSize?: Size | undefined
  /**
   * How many GPUs, of those that the config's `gpus` counts. `'all'` means all of them. An executor admits no more tasks at once than have one.
   *
   * @default 0
   */
  readonly gpus?: number | 'all' | undefined
  /**
   * Mounts, each `[host, container]` or `[host, container, 'ro']`, both paths absolute (Fn's `Volumes`). `'z'` and `'Z'`, also as `'ro,z'`,
   * label the files for SELinux. `{ volume, target, readOnly? }` mounts a volume of the engine by its name, which is made where it is missing.
   * Host folders that are dangerous to share are refused, and volumes that others made.
   */
  readonly volumes?: readonly Volume[] | undefined
  /**
   * What is copied into the container before it starts, by its absolute path there: text, bytes, a stream, `{ content, mode }`, or `{ from, mode
   * }` with a file or a folder of this host. Folders on the way are made. All belongs to the user that the task runs as.
   *
   * @example
   * files: { '/app/main.py': source, '/app/data': { from: './data' }, '/app/run.sh': { content: script, mode: 0o755 } }
   */
  readonly files?: Readonly<Record<string, TaskFile>> | undefined
  /** Paths of files and folders that are copied out of the container after its end, into the result's `artifacts`. */
  readonly artifacts?: readonly string[] | undefined
  /**
   * How many bytes of artifacts are kept.
   *
   * @default 64 MiB
   */
  readonly maxArtifacts?: Size | undefined
  /**
   * How many files and folders of artifacts are looked at.
   *
   * @default 10,000
   */
  readonly maxArtifactEntries?: number | undefined
  /**
   * How long the artifacts may take to be copied, in ms.
   *
   * @default 10,000
   */
  readonly artifactsTimeout?: number | undefined
  /**
   * Working directory, absolute (Fn's `WorkDir`).
   *
   * @default the image's
   */
  readonly workDir?: string | undefined
  /**
   * Who runs the program: `user`, `uid`, or either with `:group`. A number is a uid.
   *
   * @default the image's
   */
  readonly user?: string | number | undefined
  /**
   * True removes every network interface but loopback.
   *
   * @default false
   */
  readonly disableNet?: boolean | undefined
  /**
   * A network of the engine that the config's `networks` lists. `'none'` is `disableNet`, `'default'` the driver's choice.
   *
   * @default the driver's choice
   */
  readonly network?: string | undefined
  /** Names of hosts with their addresses. The address `'host-gateway'` is that of the engine's host. */
  readonly extraHosts?: Readonly<Record<string, string>> | undefined
  /**
   * Addresses of DNS servers.
   *
   * @default the engine's
   */
  readonly dns?: readonly string[] | undefined
  /**
   * The container's host name.
   *
   * @default that of this machine
   */
  readonly hostname?: string | undefined
  /**
   * Folders in memory by their paths, each with its size: `{ '/run': '16m' }`, or with `{ size, mode, exec }`. Nothing on them can be run,
   * unless `exec` is true.
   */
  readonly tmpfs?: Readonly<Record<string, TmpfsSize>> | undefined
  /**
   * Whether an init process passes signals on and reaps zombies.
   *
   * @default the config's `enableTini`
   */
  readonly init?: boolean | undefined
  /** Capabilities that are added, such as `'SYS_PTRACE'`. The config's `allow` must list each, as `cap:SYS_PTRACE`. */
  readonly capAdd?: readonly string[] | undefined
  /** Capabilities that are dropped, where the config's `allow` gives containers the engine's default ones. */
  readonly capDrop?: readonly string[] | undefined
  /**
   * A runtime of the engine that the config's `runtimes` lists, such as `'runsc'`.
   *
   * @default the config's `runtime`
   */
  readonly runtime?: string | undefined
  /**
   * Changes Docker's create options in place just before the container is created. What it loosens must be listed in the config's `allow`, as
   * for a cookie's `containerOptions`.
   */
  readonly containerOptions?: ContainerOptionsHook | undefined
  /**
   * `'hardened'` is for code that you do not trust: no root, a read-only root file system, no network, no shared memory.
   *
   * @default 'default'
   */
  readonly profile?: 'default' | 'hardened' | undefined
  /**
   * When to pull the image: `'missing'` (where the engine does not have it), `'always'` or `'never'`.
   *
   * @default 'missing'
   */
  readonly pull?: PullPolicy | undefined
  /**
   * Credentials for the image's registry, or a function that finds them before a pull.
   *
   * @default looked for in the config's `registries`, then where docker keeps them
   */
  readonly auth?: RegistryAuth | AuthCallback | undefined
  /**
   * Sends the container's log to syslog: `{ url: 'tcp://127.0.0.1:514', tags }` (Fn's `LoggerConfig`).
   *
   * @default no log is kept
   */
  readonly loggerConfig?: LoggerConfig | undefined
  /** Extra settings for drivers of your own (Fn's `Extensions`). They are kept in `cookie.task`; the drivers of this package read none. */
  readonly extensions?: Readonly<Record<string, string>> | undefined
  /** Host folder that is shared with the container at `/tmp/iofs`, for a unix socket (Fn's `UDSPath`). */
  readonly udsPath?: string | undefined
}

/** How a program is asked to end; the fields of the same names of a {@link ContainerTask}. */
export type StopOptions = Pick<ContainerTask, 'stopSignal' | 'stopGrace' | 'thaw'>

/** When to pull an image. */
export type PullPolicy = 'missing' | 'always' | 'never'

/** The form of captured output. */
export type OutputEncoding = 'utf8' | 'buffer'

/** Takes resource samples; see `onStat` of a {@link ContainerTask}. */
export type OnStat = (stat: Stat, dropped: number) => unknown
