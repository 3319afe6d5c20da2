import type { ResolvedDockerConfig } from './config/config.ts'
import type { Api } from './connection/api.ts'
import type { Liveness } from './connection/liveness.ts'
import type { ImageCleaner } from './image/cleaner.ts'
import type { Images } from './image/images.ts'
import type { NetworkSource } from './network-source.ts'
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
