import { randomBytes } from 'node:crypto'
import { type Observable, of, Subject } from 'rxjs'
import { CookietinError } from '../../errors.ts'
import type { ResolvedTask } from '../../task/task.ts'
import type { Inspect } from '../../utils/actors/inspectable.ts'
import type { Engine, EngineContainer } from '../engine.ts'
import type { ResolvedDockerConfig } from './config/config.ts'
import type { Env } from './config/env.ts'
import type { Api } from './connection/api.ts'
import { type Connection, connect } from './connection/connect.ts'
import { Liveness } from './connection/liveness.ts'
import { compareVersions } from './connection/versions.ts'
import { DockerContainer } from './container/container.ts'
import { checkDigest, checkUser } from './create-options/hardened.ts'
import { containerHostname } from './create-options/host-name.ts'
import type { Room } from './engine-context.ts'
import type { ImageCacheUsage } from './image/cache.ts'
import { createImageCleaner } from './image/cleaner.ts'
import { Credentials } from './image/credentials/credentials.ts'
import { Images } from './image/images.ts'
import { loadImages } from './image/load.ts'
import { Networks } from './network/networks.ts'
import { checkPool, openPool } from './network/open-pool.ts'
import type { PreforkPool, PreforkUsage } from './network/pool.ts'
import { type Orphan, reapOrphans } from './orphans.ts'
import { cgroupMounts } from './sampling/cgroup/available.ts'
import { CgroupSampler } from './sampling/cgroup/sampler.ts'
import type { DriverTransition, MovedListener } from './transitions.ts'

/** A Docker engine, with what is Docker's own. */
export interface DockerEngine extends Engine {
  /** The engine's version, such as `'20.10.24'`. */
  readonly version: string
  /** The API version that is spoken with it. */
  readonly apiVersion: string
  /** Where it was found. */
  readonly endpoint: { readonly source: string; readonly url: string }
  /** The value of the label `cookietin.instance` of every container of this driver. */
  readonly instance: string
  /** How full the engine is of images, where the config bounds that. */
  readonly imageCache$: Observable<ImageCacheUsage>
  /** The usage of the prefork pool: the present one, then every change. Completes when it is closed. */
  readonly prefork$: Observable<PreforkUsage>
  /** The changes of what it keeps beside its cookies, from now on; completes when it is closed. */
  readonly transitions$: Observable<DriverTransition>
  /** Removes (or, with `dryRun`, only lists) the containers of dead owners on this host. */
  reapOrphans(options?: { readonly dryRun?: boolean; readonly signal?: AbortSignal }): Promise<readonly Orphan[]>
}

/**
 * Connects to a Docker engine; see {@link connect} for where it looks.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for what is not available.
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_UNREACHABLE`, `ERR_COOKIETIN_API_VERSION`.
 */
export async function createDockerEngine(
  config: ResolvedDockerConfig,
  env: Env = process.env,
  inspect?: Inspect,
): Promise<DockerEngine> {
  const connection = await connect(config, env)
  try {
    checkServerVersion(connection, config.serverVersion)
    checkPool(config, connection.architecture)
    if (config.dockerLoadFile !== undefined) await loadImages(connection.api, config.dockerLoadFile, config.pullTimeout)
    return new OpenDockerEngine(connection, config, env, await cgroupSampler(connection, config), inspect)
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** ms. */
const pingEvery = 5_000

class OpenDockerEngine implements DockerEngine {
  readonly name = 'docker'
  readonly version: string
  readonly apiVersion: string
  readonly endpoint: { readonly source: string; readonly url: string }
  readonly socketSharing: { readonly unavailable: string | undefined }
  readonly instance: string
  readonly transitions$ = new Subject<DriverTransition>()
  readonly prefork$: Observable<PreforkUsage>
  readonly imageCache$: Observable<ImageCacheUsage>
  readonly #connection: Connection
  readonly #room: Room
  readonly #pool: PreforkPool | undefined
  readonly #closing = new AbortController()
  readonly #reaping: Promise<unknown>
  #cgroup: Promise<string | undefined> | undefined
  #closed: Promise<void> | undefined

  constructor(
    connection: Connection,
    config: ResolvedDockerConfig,
    env: Env,
    cgroups: CgroupSampler | undefined,
    inspect: Inspect | undefined,
  ) {
    const { api, endpoint, version, apiVersion } = connection
    this.#connection = connection
    this.version = version
    this.apiVersion = apiVersion
    this.endpoint = { source: endpoint.source, url: endpoint.url }
    this.socketSharing = {
      unavailable:
        endpoint.at.kind === 'unix'
          ? undefined
          : `the engine at ${endpoint.url} is on another machine, where our sockets are not seen`,
    }
    this.instance = randomBytes(8).toString('hex')
    const moved: MovedListener = move => this.transitions$.next({ ...move, at: Date.now() })
    const room = {
      api,
      config,
      moved,
      instance: this.instance,
      liveness: new Liveness(api, {
        every: Math.min(pingEvery, config.engineTimeout),
        deadline: config.engineTimeout,
        revive: connection.revive,
      }),
      images: new Images(api, config, new Credentials(config.registries, env, config.engineTimeout), moved, inspect),
      cleaner: createImageCleaner(api, config),
      cgroups,
      podman: connection.podman,
      local: endpoint.at.kind === 'unix',
      hostname: containerHostname(),
      cgroupVersion: () => {
        this.#cgroup ??= cgroupVersion(api, config.engineTimeout)
        return this.#cgroup
      },
    }
    this.#pool = openPool(room, connection.architecture, moved, inspect)
    this.prefork$ = this.#pool?.usage$ ?? of({ size: 0, free: 0, leased: 0, pending: 0 })
    this.imageCache$ = room.cleaner.usage$
    const { dockerNetworks, preForkUseOnce } = config
    this.#room = { ...room, networks: new Networks(dockerNetworks, this.#pool, !preForkUseOnce, moved) }
    // What dead owners left is nobody's hurry: neither its time nor its failure is the driver's.
    this.#reaping = this.reapOrphans({ signal: this.#closing.signal }).catch(() => {})
  }

  container(task: ResolvedTask): EngineContainer {
    checkUser(task, this.#room.config)
    checkDigest(task, this.#room.config)
    return new DockerContainer(this.#room, task)
  }

  reapOrphans({ dryRun = false, signal }: { dryRun?: boolean; signal?: AbortSignal } = {}): Promise<readonly Orphan[]> {
    return reapOrphans(this.#room, { dryRun, signal })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { liveness, cleaner } = this.#room
    this.#closing.abort()
    try {
      await this.#pool?.close()
    } finally {
      await cleaner.close()
      liveness.close()
      await this.#reaping
      await this.#connection.close()
      this.transitions$.complete()
    }
  }
}

async function cgroupSampler(
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

async function cgroupVersion(api: Api, deadline: number): Promise<string | undefined> {
  try {
    const { body } = await api.request({ doing: 'ask for the engine info', method: 'GET', path: '/info', deadline })
    return (body as { CgroupVersion?: string } | undefined)?.CgroupVersion
  } catch {
    return undefined
  }
}
