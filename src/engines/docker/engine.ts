import { type Observable, of, Subject } from 'rxjs'
import { CookietinError, InvalidInputError } from '../../errors.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'
import type {
  Engine,
  EngineContainer,
  GcAfterExit,
  SocketSharing,
  SpareContainers,
  SpareKind,
  SpareUsage,
} from '../engine.ts'
import type { PullProgress } from '../pull-progress.ts'
import { type Orphan, type ReapOptions, reapOrphans } from './cleanup/orphans.ts'
import type { Env, ResolvedDockerConfig } from './config/config.ts'
import { type Connection, connect } from './connection/connect.ts'
import { compareVersions } from './connection/versions.ts'
import { type ContainerLauncher, DockerContainer } from './container/container.ts'
import { openFreezer } from './container/control/freezer-source.ts'
import { GpuLeases } from './container/resources/gpu-leases.ts'
import { LauncherVolume } from './container/resources/launcher-volume.ts'
import { checkDigest, checkUser } from './create-options/hardened.ts'
import { checkTaskOptions } from './create-options/task-options.ts'
import { createEngineContext, type EngineContext, type FreezerSource, type NetworkSource } from './engine-context.ts'
import type { ImageCacheUsage } from './image/cache.ts'
import { loadImages } from './image/load.ts'
import { hasLauncher, readLauncher } from './launcher/program.ts'
import { LauncherSession } from './launcher/session.ts'
import { Networks } from './network/networks.ts'
import type { openPool } from './network/open-pool.ts'
import type { PreforkPool, PreforkUsage } from './network/pool.ts'
import { cgroupMounts } from './sampling/cgroup/available.ts'
import { CgroupSampler } from './sampling/cgroup/sampler.ts'
import { AdoptingContainer } from './spares/adopting-container.ts'
import { checkedSpares, spareIssues } from './spares/check-spares.ts'
import { Spares } from './spares/spares.ts'
import type { DriverTransition } from './transitions.ts'

/** How {@link DockerEngine.pull} reports and ends. */
export interface PullAheadOptions {
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: PullProgress) => void
}

/** A Docker engine, with the properties that only Docker has. */
export interface DockerEngine extends Engine {
  /** The engine's version, such as `'20.10.24'`. */
  readonly version: string
  /** The API version in use. */
  readonly apiVersion: string
  /** The address of the engine, and what named it. */
  readonly endpoint: { readonly source: string; readonly url: string }
  /** The value of the label `cookietin.instance` of every container of this driver. */
  readonly instance: string
  /** Usage of the image cache, where the config limits it. */
  readonly imageCache$: Observable<ImageCacheUsage>
  /** The present usage of the prefork pool, then every change. Completes when the pool is closed. */
  readonly prefork$: Observable<PreforkUsage>
  /** The present usage of the spare containers, then every change. Completes when the engine is closed. */
  readonly spares$: Observable<SpareUsage>
  /** State changes of images, namespaces, networks and spare containers from now on. Completes when the engine is closed. */
  readonly transitions$: Observable<DriverTransition>
  openSpares(kind: SpareKind): SpareContainers
  /** Makes the image of a task present, by the task's pull policy. */
  pull(task: ResolvedTask, options: PullAheadOptions): Promise<void>
  /** Removes (or, with `dryRun`, only lists) the containers of dead owners on this host. */
  reapOrphans(options?: Partial<ReapOptions>): Promise<readonly Orphan[]>
}

/**
 * Connects to a Docker engine; see {@link connect} for where it looks.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for a setting that the engine cannot fulfil.
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_UNREACHABLE`, `ERR_COOKIETIN_API_VERSION`.
 */
export async function createDockerEngine(
  config: ResolvedDockerConfig,
  env: Env = process.env,
  inspect?: Inspect,
): Promise<DockerEngine> {
  return await openDockerEngine(await connect(config, env), config, env, inspect)
}

/** Makes an engine of a connection, which it owns: it is closed with the engine, and when this rejects. */
export async function openDockerEngine(
  connection: Connection,
  config: ResolvedDockerConfig,
  env: Env,
  inspect: Inspect | undefined,
): Promise<DockerEngine> {
  try {
    checkServerVersion(connection, config.serverVersion)
    // Loaded only where it is used.
    const pool = config.preForkPoolSize === 0 ? undefined : await import('./network/open-pool.ts')
    pool?.checkPool(config, connection.architecture)
    const spares = checkedSpares(config, connection.architecture)
    if (config.dockerLoadFile !== undefined) await loadImages(connection.api, config.dockerLoadFile, config.pullTimeout)
    const cgroups = await openCgroupSampler(connection, config)
    const freezer = await openFreezer(connection, config)
    return new OpenDockerEngine({
      ...{ connection, config, env, cgroups, freezer, inspect },
      openPool: pool?.openPool,
      spares,
    })
  } catch (error) {
    await connection.close()
    throw error
  }
}

interface OpenEngineOptions {
  readonly connection: Connection
  readonly config: ResolvedDockerConfig
  readonly env: Env
  readonly cgroups: CgroupSampler | undefined
  readonly freezer: FreezerSource
  readonly inspect: Inspect | undefined
  /** Undefined when the config has no pool. */
  readonly openPool: typeof openPool | undefined
  /** The spare containers of the config. */
  readonly spares: readonly SpareKind[]
}

class OpenDockerEngine implements DockerEngine {
  readonly name = 'docker'
  readonly gpus: number
  readonly version: string
  readonly apiVersion: string
  readonly endpoint: { readonly source: string; readonly url: string }
  readonly socketSharing: SocketSharing
  readonly instance: string
  readonly transitions$ = new Subject<DriverTransition>()
  readonly prefork$: Observable<PreforkUsage>
  readonly imageCache$: Observable<ImageCacheUsage>
  readonly #connection: Connection
  readonly #architecture: string
  readonly #context: EngineContext
  readonly #pool: PreforkPool | undefined
  readonly #networks: NetworkSource
  readonly #volume: LauncherVolume
  readonly #spares: Spares
  readonly #closing = new AbortController()
  readonly #reaping: Promise<unknown>
  #closed: Promise<void> | undefined

  constructor({ connection, config, env, cgroups, freezer, inspect, openPool, spares }: OpenEngineOptions) {
    const { endpoint, version, apiVersion, architecture } = connection
    const context = createEngineContext({
      ...{ connection, config, env, cgroups, freezer, inspect },
      gpus: new GpuLeases(config.gpus, connection.podman),
      onTransition: transition => this.transitions$.next({ ...transition, at: Date.now() }),
    })
    this.#connection = connection
    this.#architecture = architecture
    this.#context = context
    this.#pool = openPool?.(context, { architecture, inspect })
    this.#networks = new Networks({ config, pool: this.#pool, onTransition: context.onTransition })
    this.#volume = new LauncherVolume(context, () => readLauncher(architecture))
    this.#spares = new Spares({ context, networks: this.#networks, volume: this.#volume, inspect })
    for (const kind of spares) this.#spares.open(kind)
    this.gpus = config.gpus
    this.version = version
    this.apiVersion = apiVersion
    this.endpoint = { source: endpoint.source, url: endpoint.url }
    this.socketSharing = {
      folder: config.socketFolder,
      unavailable: context.local
        ? undefined
        : `the engine at ${endpoint.url} is on another machine, where our sockets are not seen`,
    }
    this.instance = context.instance
    this.prefork$ = this.#pool?.usage$ ?? of({ size: 0, free: 0, leased: 0, pending: 0 })
    this.imageCache$ = context.cleaner.usage$
    // Orphans are removed in the background. A failure does not concern the driver.
    this.#reaping = this.reapOrphans({ signal: this.#closing.signal }).catch(() => {})
  }

  gcAfterExit(hasRuns: boolean): GcAfterExit | undefined {
    const { config, leftovers } = this.#context
    const holdsNone = this.#pool === undefined && this.#spares.isEmpty && leftovers.names.length === 0
    if (!hasRuns && holdsNone) return undefined
    const { sshCommand, socketFolder } = config
    return {
      driver: 'docker',
      env: {
        COOKIETIN_DOCKER: this.endpoint.url,
        COOKIETIN_SSH_COMMAND: sshCommand,
        ...(socketFolder !== undefined && { COOKIETIN_SOCKET_FOLDER: socketFolder }),
      },
    }
  }

  check(task: ResolvedTask): void {
    const { config } = this.#context
    checkUser(task, config)
    checkDigest(task, config)
    checkTaskOptions(task, config)
  }

  container(task: ResolvedTask): EngineContainer {
    this.check(task)
    const { launcherInit } = this.#context.config
    const launcher = launcherInit && hasLauncher(this.#architecture) ? initLauncher(this.#volume) : undefined
    const [context, networks, spares] = [this.#context, this.#networks, this.#spares]
    if (!spares.isEmpty) return new AdoptingContainer(task, { context, networks, spares, launcher })
    return new DockerContainer(context, task, { networks, launcher })
  }

  async pull(task: ResolvedTask, { signal, onProgress }: PullAheadOptions): Promise<void> {
    const { config, images } = this.#context
    checkDigest(task, config)
    if (task.imageId !== undefined) {
      const issue = {
        field: 'image',
        value: `'${task.image}'`,
        allowed: 'the name of an image: an id names no registry',
      }
      throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
    }
    const closing = this.#closing.signal
    if (closing.aborted) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', `Cannot pull image ${task.image}: the driver is closed`)
    }
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing])
    await images.makePresent(task, { signal: either, onProgress })
  }

  get spares$(): Observable<SpareUsage> {
    return this.#spares.usage$
  }

  openSpares(kind: SpareKind): SpareContainers {
    const issues = spareIssues(kind, this.#context.config, this.#architecture)
    if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', issues)
    if (this.#closing.signal.aborted)
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot make spare containers: the driver is closed')
    return this.#spares.open(kind)
  }

  get leftovers(): readonly string[] {
    return this.#context.leftovers.names
  }

  reapOrphans({ dryRun = false, signal }: Partial<ReapOptions> = {}): Promise<readonly Orphan[]> {
    return reapOrphans(this.#context, { dryRun, signal })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { liveness, cleaner, leftovers } = this.#context
    this.#closing.abort()
    // Both leave what they cannot remove to the leftovers, which report it. Spare containers may use the pool.
    await this.#spares.close().catch(() => {})
    await this.#pool?.close().catch(() => {})
    await this.#volume.remove()
    const failure = await leftovers.close().then(() => undefined, toError)
    await cleaner.close()
    liveness.close()
    await this.#reaping
    await this.#connection.close()
    this.transitions$.complete()
    if (failure !== undefined) throw failure
  }
}

const initLauncher = (volume: LauncherVolume): ContainerLauncher => ({
  session: new LauncherSession(),
  volume: () => volume.ensure(),
  isInit: true,
})

async function openCgroupSampler(
  { api, endpoint }: Connection,
  { sampler, sampleInterval, engineTimeout }: ResolvedDockerConfig,
): Promise<CgroupSampler | undefined> {
  if (sampler === 'engine') return undefined
  return new CgroupSampler(await cgroupMounts(api, endpoint, engineTimeout), sampleInterval)
}

function checkServerVersion({ version, endpoint }: Connection, wanted: string | undefined): void {
  if (wanted === undefined || compareVersions(version, wanted) >= 0) return
  throw new CookietinError(
    'ERR_COOKIETIN_API_VERSION',
    `The engine at ${endpoint.url} is too old: it is version ${version}, and serverVersion asks for ${wanted} at least`,
  )
}

const toError = (error: unknown) => error
