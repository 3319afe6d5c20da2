import type { Observable } from 'rxjs'
import type { DockerEngine } from '../engines/docker/engine.ts'
import type { ImageCacheUsage } from '../engines/docker/image/cache.ts'
import type { PreforkUsage } from '../engines/docker/network/pool.ts'
import type { DriverTransition } from '../engines/docker/transitions.ts'
import type { Inspect } from '../utils/actors/inspectable.ts'
import type { Driver } from './driver.ts'
import { EngineDriver } from './engine-driver.ts'

/** What {@link createDockerDriver} takes besides its config. */
export interface DockerDriverOptions {
  /** An XState inspector: gets every event of the actors that the driver keeps beside its cookies, of images that are made present and of the prefork pool. */
  readonly inspect?: Inspect | undefined
}

/** A driver on a Docker Engine, with what is Docker's own. */
export interface DockerDriver extends Driver {
  /**
   * The changes of what the driver keeps beside its cookies, from now on: images that are made present, the namespaces of the prefork pool, and what a cookie got of the pool.
   * Completes when the driver is closed.
   */
  readonly driverTransitions$: Observable<DriverTransition>
  /** How full the prefork pool is: now, and at every change. */
  readonly prefork$: Observable<PreforkUsage>
  /** How full the engine is of images, where the config's `imageCacheMaxSize` bounds that: now, and at every change. */
  readonly imageCache$: Observable<ImageCacheUsage>
}

/** The one implementation. */
export class DockerEngineDriver extends EngineDriver<DockerEngine> implements DockerDriver {
  get driverTransitions$(): Observable<DriverTransition> {
    return this.engine.transitions$
  }
  get prefork$(): Observable<PreforkUsage> {
    return this.engine.prefork$
  }
  get imageCache$(): Observable<ImageCacheUsage> {
    return this.engine.imageCache$
  }
}
