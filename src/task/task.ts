import type { Readable, Writable } from 'node:stream'
import type { Stat } from '../stats/stat.ts'
import type { ImageName } from './image-name.ts'
import type { ResolvedRetry, RetryOptions } from './retry.ts'

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

/** A mount: host path (absolute), container path (absolute), and `'ro'` for a read-only mount (Fn's `Volumes`). */
export type Volume =
  | readonly [host: string, container: string]
  | readonly [host: string, container: string, mode: 'ro' | 'rw']

/** What to run (Fn's `ContainerTask`): a plain object. Only `image` is required. */
export interface ContainerTask {
  /** The image: a reference, or the id of an image on the engine (Fn's `Image`). */
  readonly image: string
  /**
   * The name of the run, unique among the driver's living cookies: letters, digits, `_`, `.`, `-` (Fn's `Id`).
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
  /** Environment variables (Fn's `EnvVars`). */
  readonly env?: Readonly<Record<string, string>> | undefined
  /**
   * Texts that errors, logs and the inspector mask: each the name of a variable of `env`, or the text itself. `auth`, and variables whose
   * names say so (`…PASSWORD`, `…TOKEN`, `…SECRET`, `…KEY`), are masked without being listed.
   */
  readonly secrets?: readonly string[] | undefined
  /**
   * Written to standard input, which is then closed (Fn's `Input`). A function makes it: it is called once for each attempt, when the
   * container takes its input.
   *
   * @default no standard input
   */
  readonly input?: TaskInput | InputFactory | undefined
  /** Receives standard output while it is written. A slow writable slows the container. It is not ended (Fn's `Logger`). */
  readonly stdout?: Writable | undefined
  /** Receives standard error while it is written. A slow writable slows the container. It is not ended (Fn's `Logger`). */
  readonly stderr?: Writable | undefined
  /**
   * `'utf8'`: output in the result is a string. `'buffer'`: it is a `Uint8Array`.
   *
   * @default 'utf8'
   */
  readonly encoding?: OutputEncoding | undefined
  /**
   * Called with each resource sample (Fn's `WriteStat`). While a promise that it returned is pending, only the latest sample is kept;
   * `dropped` counts the others. After an error it is not called again; the run goes on.
   */
  readonly onStat?: OnStat | undefined
  /**
   * How long the task may run, in ms. Time spent frozen does not count. 0 and Infinity mean no timeout (Fn's `Timeout`).
   *
   * @default 0
   */
  readonly timeout?: number | undefined
  /**
   * Runs the task again, in a new container, when an attempt failed for a reason that may pass. `{}` takes the defaults. Only an executor
   * retries.
   *
   * @default the executor's, or no retry
   */
  readonly retry?: RetryOptions | undefined
  /**
   * Memory limit. Swap is never added to it. 0 means no limit (Fn's `Memory`).
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
   * Size limit of the container's file system in MB. 0 means no limit (Fn's `FsSize`).
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
  /** Resource limits, soft and hard alike: `{ nofile: 1024 }`. */
  readonly ulimits?: Readonly<Record<string, number>> | undefined
  /** Mounts, each `[host, container]` or `[host, container, 'ro']` (Fn's `Volumes`). */
  readonly volumes?: readonly Volume[] | undefined
  /**
   * Working directory, absolute (Fn's `WorkDir`).
   *
   * @default the image's
   */
  readonly workDir?: string | undefined
  /**
   * `user`, `uid`, or either with `:group`. A number is a uid.
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
   * `'hardened'` is for code that you do not trust.
   *
   * @default 'default'
   */
  readonly profile?: 'default' | 'hardened' | undefined
  /**
   * When to pull the image.
   *
   * @default 'missing'
   */
  readonly pull?: PullPolicy | undefined
  /** Credentials for the image's registry, or a function that finds them. */
  readonly auth?: RegistryAuth | AuthCallback | undefined
  /**
   * Sends the container's log to syslog (Fn's `LoggerConfig`).
   *
   * @default no log is kept
   */
  readonly loggerConfig?: LoggerConfig | undefined
  /** Further settings of one driver (Fn's `Extensions`). */
  readonly extensions?: Readonly<Record<string, string>> | undefined
  /** Host folder that is mounted at `/tmp/iofs`, for a unix socket (Fn's `UDSPath`). */
  readonly udsPath?: string | undefined
}

/** When to pull an image. */
export type PullPolicy = 'missing' | 'always' | 'never'

/** The form of captured output. */
export type OutputEncoding = 'utf8' | 'buffer'

/** Takes resource samples; see `onStat` of a {@link ContainerTask}. */
export type OnStat = (stat: Stat, dropped: number) => unknown

/** A mount after validation. */
export interface Mount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

/** A task after validation: complete and read-only. Nothing deeper asks whether a field was given. */
export interface ResolvedTask {
  readonly id: string
  readonly image: string
  /** The reference in canonical form, as parsed. */
  readonly imageName: ImageName
  /** `sha256:…` where the image was given by its id. Such an image is never pulled. */
  readonly imageId: string | undefined
  /** Empty: the image's own command. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Texts that must not be shown: those that the task lists, its credentials, and values of variables with secret names. */
  readonly secrets: readonly string[]
  readonly input: TaskInput | InputFactory | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  readonly encoding: OutputEncoding
  readonly onStat: OnStat | undefined
  /** ms; Infinity for none. */
  readonly timeout: number
  readonly retry: ResolvedRetry | undefined
  /** Bytes; 0 for none. */
  readonly memory: number
  /** Milli-CPUs; 0 for none. */
  readonly cpus: number
  /** MB; 0 for none. */
  readonly fsSize: number
  /** MB; 0 for none. */
  readonly tmpFsSize: number
  /** 0: the driver's default. */
  readonly pids: number
  readonly ulimits: Readonly<Record<string, number>>
  readonly volumes: readonly Mount[]
  readonly workDir: string | undefined
  readonly user: string | undefined
  readonly disableNet: boolean
  readonly profile: 'default' | 'hardened'
  readonly pull: PullPolicy
  readonly auth: RegistryAuth | AuthCallback | undefined
  readonly loggerConfig:
    | { readonly url: string; readonly tags: readonly (readonly [name: string, value: string])[] }
    | undefined
  readonly extensions: Readonly<Record<string, string>>
  readonly udsPath: string | undefined
}
