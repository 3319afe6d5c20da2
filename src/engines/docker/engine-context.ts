import type { ResolvedTask } from '../../task/task.ts'
import type { ResolvedDockerConfig } from './config/config.ts'
import type { Api } from './connection/api.ts'
import type { Liveness } from './connection/liveness.ts'
import type { ImageCleaner } from './image/cleaner.ts'
import type { Images } from './image/images.ts'
import type { CgroupSampler } from './sampling/cgroup/sampler.ts'
import type { MovedListener } from './transitions.ts'

/** What the containers of one engine share. */
export interface Room {
  readonly api: Api
  readonly liveness: Liveness
  readonly images: Images
  readonly cleaner: ImageCleaner
  readonly networks: NetworkSource
  readonly moved: MovedListener
  readonly config: ResolvedDockerConfig
  /** Undefined where the engine itself samples. */
  readonly cgroups: CgroupSampler | undefined
  /** Random; part of every name and label, so that two drivers never meet. */
  readonly instance: string
  /** The engine is Podman's imitation, which differs in places. */
  readonly podman: boolean
  /** The engine is on this machine, and sees its files. */
  readonly local: boolean
  /** Given to containers that have a network. */
  readonly hostname: string | undefined
  /** `'1'`, `'2'`, or undefined when the engine does not say. Asked for on first need. */
  cgroupVersion(): Promise<string | undefined>
}

/** One cookie's hold on a network. */
export interface NetworkLease {
  /** As the engine's `NetworkMode`. */
  readonly network: string
  /** For a namespace that is held ready: true once it is no more. Undefined for a network. */
  readonly lost?: boolean
  /** Gives it back; once, however often it is called. */
  release(): void
}

/** Picks a network for a container. */
export interface NetworkSource {
  /** Undefined: what its options say is left as it is. */
  lease(task: ResolvedTask, networkless: boolean): NetworkLease | undefined
}
