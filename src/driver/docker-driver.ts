import type { Observable } from 'rxjs'
import type { DockerEngine } from '../engines/docker/engine.ts'
import type { ImageCacheUsage } from '../engines/docker/image/cache.ts'
import type { PreforkUsage } from '../engines/docker/network/pool.ts'
import type { DriverTransition } from '../engines/docker/transitions.ts'
import type { SpareUsage } from '../engines/engine.ts'
import type { Inspect } from '../utils/actors/inspectable.ts'
import type { Driver } from './driver.ts'
import { EngineDriver } from './engine-driver.ts'
import { checkPullOptions, type PullOptions } from './pull.ts'

export { openDockerEngine } from '../engines/docker/engine.ts'

/** Options of {@link createDockerDriver} besides its config. */
export interface DockerDriverOptions {
  /** An XState inspector. It receives every event of the driver's own actors: image pulls and the prefork pool. */
  readonly inspect?: Inspect | undefined
}

/** A driver on a Docker Engine, with members for Docker only. */
export interface DockerDriver extends Driver {
  /**
   * The driver's own state changes from now on: image pulls, the namespaces of the prefork pool, what of it each cookie got, spare containers,
   * and who freezes a cookie's container. Completes when the driver is closed.
   */
  readonly driverTransitions$: Observable<DriverTransition>
  /** How full the prefork pool is: the present usage, `{ size, free, leased, pending }`, then every change. */
  readonly prefork$: Observable<PreforkUsage>
  /**
   * How many spare containers are ready: the present usage, `{ size, ready, pending }`, then every change.
   *
   * @example
   * const driver = await createDockerDriver({ spares: [{ image: 'busybox', size: 4 }] })
   * await firstValueFrom(driver.spares$.pipe(filter(({ ready }) => ready === 4)))
   */
  readonly spares$: Observable<SpareUsage>
  /**
   * Makes an image present on the engine, ahead of the runs that need it. Shares the pull with runs of the same image, and retries it as
   * they do. Resolves at once when the engine has the image.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad option.
   *
   * @example
   * await driver.pull('busybox:1.36', { onProgress: ({ state }) => console.log(state) })
   */
  pull(image: string, options?: PullOptions): Promise<void>
  /**
   * How full the engine is of images when the config's `imageCacheMaxSize` bounds that: the present usage, `{ max, idle, busy, removed }`, then
   * every change.
   */
  readonly imageCache$: Observable<ImageCacheUsage>
}

/** The one implementation of {@link DockerDriver}. */
export class DockerEngineDriver extends EngineDriver<DockerEngine> implements DockerDriver {
  async pull(image: string, options?: PullOptions | null): Promise<void> {
    const given = options ?? {}
    checkPullOptions(given)
    const { pull, platform, auth, signal, onProgress = () => {} } = given
    await this.engine.pull(this.resolve({ image, pull, platform, auth }), { signal, onProgress })
  }

  get driverTransitions$(): Observable<DriverTransition> {
    return this.engine.transitions$
  }
  get prefork$(): Observable<PreforkUsage> {
    return this.engine.prefork$
  }
  get spares$(): Observable<SpareUsage> {
    return this.engine.spares$
  }
  get imageCache$(): Observable<ImageCacheUsage> {
    return this.engine.imageCache$
  }
}
