import type { Writable } from 'node:stream'
import type { Capability } from './engine/capabilities.ts'
import type { ContainerOptionsHook } from './engine/create-options.ts'
import type { ImageName } from './image-name.ts'
import type { ResolvedRetry } from './retry/types.ts'
import type { AuthCallback, InputFactory, OnStat, OutputEncoding, PullPolicy, RegistryAuth, TaskInput } from './task.ts'

/** A mount after validation. */
export interface Mount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** The label for SELinux: `z` or `Z`. */
  readonly relabel?: 'z' | 'Z'
}

/** A volume of the engine after validation. */
export interface VolumeMount {
  readonly volume: string
  readonly target: string
  readonly readOnly: boolean
}

/** A tmpfs after validation. */
export interface TmpfsMount {
  readonly target: string
  /** Bytes; 0 for no limit. */
  readonly size: number
  readonly mode: number | undefined
  readonly exec: boolean
}

/** A file or folder to copy into a container, after validation: it has either `content` or `from`. */
export interface ResolvedFile {
  /** Absolute, in the container. */
  readonly path: string
  readonly content: TaskInput | undefined
  /** A path of this host. */
  readonly from: string | undefined
  /** Permission bits; undefined: those of the host's file, or 644. */
  readonly mode: number | undefined
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
  /** Undefined: the image's own. Empty: none. */
  readonly entrypoint: readonly string[] | undefined
  readonly labels: Readonly<Record<string, string>>
  /** `os/architecture` or `os/architecture/variant`. */
  readonly platform: string | undefined
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
  /** `'SIGTERM'`, `'SIGRTMIN+3'`; undefined: the image's own. */
  readonly stopSignal: string | undefined
  /** ms; 0 for none. */
  readonly stopGrace: number
  readonly thaw: boolean
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
  readonly ulimits: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>
  /** Bytes; 0 for the engine's default. */
  readonly shmSize: number
  readonly gpus: number | 'all'
  /** Mounts of host paths. */
  readonly volumes: readonly Mount[]
  /** In the order of their paths: a folder comes before what is in it. */
  readonly files: readonly ResolvedFile[]
  /** Absolute paths in the container. */
  readonly artifacts: readonly string[]
  /** Bytes. */
  readonly maxArtifacts: number
  readonly maxArtifactEntries: number
  /** ms. */
  readonly artifactsTimeout: number
  readonly namedVolumes: readonly VolumeMount[]
  readonly tmpfs: readonly TmpfsMount[]
  readonly workDir: string | undefined
  readonly user: string | undefined
  readonly disableNet: boolean
  readonly network: string | undefined
  readonly extraHosts: Readonly<Record<string, string>>
  readonly dns: readonly string[]
  readonly hostname: string | undefined
  readonly init: boolean | undefined
  readonly capAdd: readonly Capability[]
  readonly capDrop: readonly Capability[]
  readonly runtime: string | undefined
  readonly containerOptions: ContainerOptionsHook | undefined
  readonly profile: 'default' | 'hardened'
  readonly pull: PullPolicy
  readonly auth: RegistryAuth | AuthCallback | undefined
  readonly loggerConfig:
    | { readonly url: string; readonly tags: readonly (readonly [name: string, value: string])[] }
    | undefined
  readonly extensions: Readonly<Record<string, string>>
  readonly udsPath: string | undefined
}
