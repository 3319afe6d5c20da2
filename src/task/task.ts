import type { Readable, Writable } from 'node:stream'
import type { Stat } from '../stats/stat.ts'
import type { ImageName } from './image-name.ts'

/** Where the folder of a task's unix socket (`udsPath`) is seen inside its container, as in Fn. */
export const udsTarget = '/tmp/iofs'

/** A size in bytes, or a number with a unit: `'64m'`, `'1.5g'` (b, k, m, g, t, powers of 1024, as the docker CLI reads them). */
export type Size = number | string

/** What a container reads on its standard input (Fn's `Input`). */
export type TaskInput =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Readable
  | ReadableStream<string | Uint8Array>

/** Credentials for one registry. */
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  /** Used instead of a password by registries that hand out refresh tokens. */
  readonly identityToken?: string
  /** A bearer token that is sent to the registry as it is. */
  readonly registryToken?: string
  readonly serverAddress?: string
}

/** Called once before a pull that needs the registry (Fn's `Auther`). Undefined means anonymous. */
export type AuthCallback = (
  image: ImageName,
  options: { readonly signal: AbortSignal },
) => RegistryAuth | undefined | Promise<RegistryAuth | undefined>

/** Where the container's own log goes (Fn's `LoggerConfig`). */
export interface LoggerConfig {
  /** A syslog address, such as `tcp://127.0.0.1:514`. */
  readonly url: string
  /** Sent with every line (Fn's `Tags`). */
  readonly tags?: Readonly<Record<string, string>> | readonly { readonly name: string; readonly value: string }[]
}

/** A mount: host path (absolute), container path (absolute), and `'ro'` for a read-only one (Fn's `Volumes`). */
export type Volume =
  | readonly [host: string, container: string]
  | readonly [host: string, container: string, mode: 'ro' | 'rw']

/**
 * What to run (Fn's `ContainerTask`): a plain object of which only `image` is required.
 */
export interface ContainerTask {
  /** The image to run (Fn's `Image`). */
  readonly image: string
  /** Names the run; unique among the driver's living cookies. Letters, digits, `_`, `.`, `-`. Default: a random one (Fn's `Id`). */
  readonly id?: string | undefined
  /** The command: an array as it is, a string split at white space without any quoting, as Fn does. Default: the image's own (Fn's `Command`). */
  readonly command?: string | readonly string[] | undefined
  /** Environment variables (Fn's `EnvVars`). */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Fed to standard input, which is then closed. Default: no standard input (Fn's `Input`). */
  readonly input?: TaskInput | undefined
  /** Gets standard output as it comes; a slow writable slows the container. It is not ended (Fn's `Logger`). */
  readonly stdout?: Writable | undefined
  /** Gets standard error as it comes; a slow writable slows the container. It is not ended (Fn's `Logger`). */
  readonly stderr?: Writable | undefined
  /** `'utf8'`: output in the result is a string. `'buffer'`: it is a `Uint8Array`. Default `'utf8'`. */
  readonly encoding?: 'utf8' | 'buffer' | undefined
  /**
   * Called with each resource sample (Fn's `WriteStat`). While a promise that it gave is pending, samples are dropped but for the latest; the next call
   * is told how many. An error ends only the calls to it.
   */
  readonly onStat?: ((stat: Stat, dropped: number) => unknown) | undefined
  /** How long the task may run, in ms; time spent frozen does not count. 0 or Infinity: for ever. Default 0 (Fn's `Timeout`). */
  readonly timeout?: number | undefined
  /** Memory limit; swap is never added to it. 0: none. Default 0 (Fn's `Memory`). */
  readonly memory?: Size | undefined
  /** CPU limit in milli-CPUs: 1500 is one and a half CPUs. 0: none. Default 0 (Fn's `CPUs`). */
  readonly cpus?: number | undefined
  /** Size limit of the container's file system in MB. 0: none. Default 0 (Fn's `FsSize`). */
  readonly fsSize?: number | undefined
  /** Size limit of `/tmp` in MB, which becomes a tmpfs. 0: none. Default 0 (Fn's `TmpFsSize`). */
  readonly tmpFsSize?: number | undefined
  /** Limit on processes and threads. Default: the driver's (256). */
  readonly pids?: number | undefined
  /** Resource limits, soft and hard alike: `{ nofile: 1024 }`. */
  readonly ulimits?: Readonly<Record<string, number>> | undefined
  /** Mounts, each `[host, container]` or `[host, container, 'ro']` (Fn's `Volumes`). */
  readonly volumes?: readonly Volume[] | undefined
  /** Working directory, absolute. Default: the image's (Fn's `WorkDir`). */
  readonly workDir?: string | undefined
  /** `user`, `uid`, or either with `:group`. Default: the image's. */
  readonly user?: string | undefined
  /** No network but loopback. Default false. */
  readonly disableNet?: boolean | undefined
  /** `'hardened'` is for code that you do not trust. Default `'default'`. */
  readonly profile?: 'default' | 'hardened' | undefined
  /** When to ask the registry for the image. Default `'missing'`. */
  readonly pull?: 'missing' | 'always' | 'never' | undefined
  /** Credentials for the image's registry, or a function that finds them. */
  readonly auth?: RegistryAuth | AuthCallback | undefined
  /** Sends the container's log to syslog. Default: no log is kept (Fn's `LoggerConfig`). */
  readonly loggerConfig?: LoggerConfig | undefined
  /** Extra, driver-specific settings (Fn's `Extensions`). */
  readonly extensions?: Readonly<Record<string, string>> | undefined
  /** Host folder shared with the container at `/tmp/iofs`, for a unix socket (Fn's `UDSPath`). */
  readonly udsPath?: string | undefined
}

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
  /** Empty: the image's own command. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: TaskInput | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  readonly encoding: 'utf8' | 'buffer'
  readonly onStat: ((stat: Stat, dropped: number) => unknown) | undefined
  /** ms; Infinity for none. */
  readonly timeout: number
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
  readonly pull: 'missing' | 'always' | 'never'
  readonly auth: RegistryAuth | AuthCallback | undefined
  readonly loggerConfig:
    | { readonly url: string; readonly tags: readonly (readonly [name: string, value: string])[] }
    | undefined
  readonly extensions: Readonly<Record<string, string>>
  readonly udsPath: string | undefined
}
