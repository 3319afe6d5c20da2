import { randomBytes } from 'node:crypto'
import type { CreateOptions } from '../../task/engine/create-options.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'
import type { Env, ResolvedDockerConfig } from './config/config.ts'
import type { Api } from './connection/api.ts'
import type { Connection } from './connection/connect.ts'
import { Liveness } from './connection/liveness.ts'
import { containerHostname } from './create-options/identity.ts'
import { createImageCleaner, type ImageCleaner } from './image/cleaner.ts'
import { Credentials } from './image/credentials/credentials.ts'
import { ImageGuard } from './image/image-guard.ts'
import { Images } from './image/images.ts'
import { Leftovers } from './leftovers.ts'
import type { CgroupSampler } from './sampling/cgroup/sampler.ts'
import { EngineWarnings, type TransitionListener } from './transitions.ts'

/** The parts that all containers of one engine share. */
export interface EngineContext {
  readonly api: Api
  readonly liveness: Liveness
  readonly images: Images
  readonly imageGuard: ImageGuard
  readonly gpus: GpuSource
  readonly cleaner: ImageCleaner
  readonly leftovers: Leftovers
  readonly onTransition: TransitionListener
  readonly warnings: EngineWarnings
  readonly config: ResolvedDockerConfig
  /** Undefined when the engine takes the samples. */
  readonly cgroups: CgroupSampler | undefined
  readonly freezer: FreezerSource
  /** A random id. It is a part of every container's name and labels, so that two drivers never share one. */
  readonly instance: string
  /** The engine is Podman, whose Docker API differs in places. */
  readonly podman: boolean
  /** The engine runs on this machine and sees its files. */
  readonly local: boolean
  /** The path of its socket on this machine. Undefined for one elsewhere. */
  readonly engineSocket: string | undefined
  /** The host name of containers that have a network. */
  readonly hostname: string | undefined
  /** What the engine reports of itself. It is asked once, on first use. Undefined when it does not answer. */
  engineInfo(): Promise<EngineInfo | undefined>
}

/** The parts of an engine's `/info` that are used. Each may be missing. */
export interface EngineInfo {
  /** `'1'` or `'2'`. */
  readonly cgroupVersion: string | undefined
  /** The release of its kernel. */
  readonly kernel: string | undefined
}

/** The network of one container. */
export interface NetworkLease {
  /** The engine's `NetworkMode`. */
  readonly network: string
  /** For a namespace of the prefork pool: true once it is gone. Undefined for a network. */
  readonly lost?: boolean
  /** Returns it. Further calls do nothing. */
  release(): void
}

/** Gives containers their GPUs. Returns the function that gives them back. */
export interface GpuSource {
  lease(options: CreateOptions, gpus: number | 'all'): () => void
}

/** The freezer's file of one control group. */
export interface FreezerFile {
  /** Undefined when the group is gone. `changing`: not all of its processes are frozen or thawed yet. Throws the system's error. */
  state(): 'frozen' | 'thawed' | 'changing' | undefined
  /** Freezes or thaws the group. Throws the system's error. */
  set(wanted: 'frozen' | 'thawed'): void
  /** Sends SIGKILL to every process of the group and thaws it, so that nothing of it runs again. Never throws. */
  kill(): void
}

/** The container whose file is wanted. */
export interface FreezerTarget {
  readonly id: string
  /** The engine's runtime for this container. Undefined: the engine's own. */
  readonly runtime: string | undefined
  /** Asks the engine for the id of one of its processes. */
  findPid(): Promise<number | undefined>
}

/** Who freezes the containers of an engine. */
export interface FreezerSource {
  /** False when the engine freezes every container. */
  readonly mayUseFiles: boolean
  /** The file of a container's group, or why the engine has to freeze it. */
  find(target: FreezerTarget): Promise<{ readonly file?: FreezerFile | undefined; readonly why?: string | undefined }>
  /** From now on the engine freezes every container. */
  refuse(why: string): void
}

/** Picks networks for containers. */
export interface NetworkSource {
  /** Returns undefined when the container keeps the network of its create options. */
  lease(task: ResolvedTask, networkless: boolean): NetworkLease | undefined
}

/** The options of {@link createEngineContext}. */
export interface EngineContextOptions {
  readonly connection: Connection
  readonly config: ResolvedDockerConfig
  readonly env: Env
  readonly cgroups: CgroupSampler | undefined
  readonly gpus: GpuSource
  readonly freezer: FreezerSource
  readonly onTransition: TransitionListener
  readonly inspect: Inspect | undefined
}

/** Interval of the pings while containers run, in ms. */
const pingInterval = 5_000

/** Makes the context of a connected engine. Its `liveness` and `cleaner` must be closed. */
export function createEngineContext(options: EngineContextOptions): EngineContext {
  const { connection, config, env, cgroups, freezer, onTransition, inspect } = options
  const { api, endpoint, podman, revive } = connection
  const { engineTimeout, registries } = config
  const liveness = new Liveness(api, {
    interval: Math.min(pingInterval, engineTimeout),
    deadline: engineTimeout,
    revive,
  })
  let info: Promise<EngineInfo | undefined> | undefined
  return {
    api,
    config,
    onTransition,
    warnings: new EngineWarnings(onTransition),
    cgroups,
    freezer,
    podman,
    liveness,
    leftovers: new Leftovers(),
    images: new Images({
      api,
      liveness,
      config,
      credentials: new Credentials(registries, env, engineTimeout),
      onTransition,
      inspect,
    }),
    gpus: options.gpus,
    imageGuard: new ImageGuard(api, config),
    cleaner: createImageCleaner(api, config),
    instance: randomBytes(8).toString('hex'),
    local: endpoint.at.kind === 'unix',
    engineSocket: endpoint.at.kind === 'unix' ? endpoint.at.path : undefined,
    hostname: containerHostname(),
    engineInfo() {
      info ??= readEngineInfo(api, engineTimeout)
      return info
    },
  }
}

async function readEngineInfo(api: Api, deadline: number): Promise<EngineInfo | undefined> {
  try {
    const { body } = await api.request({ doing: 'ask for the engine info', method: 'GET', path: '/info', deadline })
    const { CgroupVersion, KernelVersion } = (body ?? {}) as { CgroupVersion?: string; KernelVersion?: string }
    return { cgroupVersion: CgroupVersion, kernel: KernelVersion }
  } catch {
    return undefined
  }
}
