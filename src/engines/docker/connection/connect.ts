import { CookietinError, toCookietinError } from '../../../errors.ts'
import type { Env, ResolvedDockerConfig } from '../config/config.ts'
import { Api } from './api.ts'
import { createClient } from './client.ts'
import { type Endpoint, endpoints } from './endpoint.ts'
import { SshTunnel } from './ssh-tunnel.ts'
import { compareVersions } from './versions.ts'

/** The newest API version that cookietin was written for; a newer engine still speaks it. */
const newestApi = '1.51'
/** The oldest that has all it needs (Docker Engine 20.10). */
const oldestApi = '1.41'

/** An engine that answered. */
export interface Connection {
  readonly endpoint: Endpoint
  readonly api: Api
  /** The engine's version, such as `'20.10.24'`. */
  readonly version: string
  /** The API version that is spoken with it. */
  readonly apiVersion: string
  /** It is Podman. */
  readonly podman: boolean
  /** The engine's, as it names it: `'amd64'`, `'arm64'`. */
  readonly architecture: string
  /** Makes the way to it again where that is a tunnel. */
  revive(): Promise<void>
  close(): Promise<void>
}

/** What became of one candidate. */
export interface Attempt {
  readonly endpoint: Endpoint
  readonly error: CookietinError
}

/**
 * Connects to the first engine that answers.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_UNREACHABLE`, with every place that was tried and why it failed.
 */
export async function connect(config: ResolvedDockerConfig, env: Env): Promise<Connection> {
  const attempts: Attempt[] = []
  for (const endpoint of endpoints(config.docker, env)) {
    try {
      return await connectTo(endpoint, config, env)
    } catch (error) {
      attempts.push({
        endpoint,
        error: toCookietinError(error, 'ERR_COOKIETIN_ENGINE_UNREACHABLE', `Could not use ${endpoint.url}`),
      })
    }
  }
  throw unreachable(attempts)
}

/** Connects to one endpoint and agrees on the API version. */
export async function connectTo(endpoint: Endpoint, config: ResolvedDockerConfig, env: Env): Promise<Connection> {
  const { at } = endpoint
  const tunnel = at.kind === 'ssh' ? new SshTunnel(endpoint, config.sshCommand, config.engineTimeout) : undefined
  try {
    const address =
      at.kind === 'unix'
        ? { socketPath: at.path }
        : at.kind === 'tcp'
          ? at
          : { socketPath: (await tunnel?.open()) ?? '', far: true }
    const client = await createClient(address)
    const api = new Api(client)
    const close = async () => {
      client.destroy()
      await tunnel?.close()
    }
    try {
      const { version, apiVersion, podman, architecture } = await negotiate(
        api,
        endpoint,
        config.engineTimeout,
        env.DOCKER_API_VERSION,
      )
      client.version = apiVersion
      return {
        endpoint,
        api,
        version,
        apiVersion,
        podman,
        architecture,
        close,
        revive: async () => void (await tunnel?.open()),
      }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    await tunnel?.close()
    throw error
  }
}

interface VersionBody {
  readonly Version?: unknown
  readonly ApiVersion?: unknown
  readonly MinAPIVersion?: unknown
  readonly Components?: unknown
  readonly Arch?: unknown
}

/** Both sides speak the newest version that both know; `wanted` is DOCKER_API_VERSION, which the user answers for. */
async function negotiate(
  api: Api,
  { url }: Endpoint,
  deadline: number,
  wanted: string | undefined,
): Promise<Pick<Connection, 'version' | 'apiVersion' | 'podman' | 'architecture'>> {
  const { body } = await api.request({ doing: `connect to ${url}`, method: 'GET', path: '/version', deadline })
  const { Version: version, ApiVersion: engineApi, MinAPIVersion: engineLeast } = (body ?? {}) as VersionBody
  if (typeof version !== 'string' || typeof engineApi !== 'string' || !/^\d+\.\d+$/.test(engineApi)) {
    throw new CookietinError(
      'ERR_COOKIETIN_ENGINE_PROTOCOL',
      `Could not connect to ${url}: what answers there is no Docker Engine`,
    )
  }
  const podman = JSON.stringify((body as VersionBody).Components ?? []).includes('Podman')
  const architecture = String((body as VersionBody).Arch ?? '')
  if (wanted !== undefined && /^\d+\.\d+$/.test(wanted)) return { version, apiVersion: wanted, podman, architecture }
  const least = typeof engineLeast === 'string' ? engineLeast : oldestApi
  if (compareVersions(engineApi, oldestApi) < 0 || compareVersions(least, newestApi) > 0) {
    throw new CookietinError(
      'ERR_COOKIETIN_API_VERSION',
      `Could not use the engine at ${url}: it is version ${version} and speaks API ${least} to ${engineApi}, cookietin speaks ${oldestApi} to ${newestApi}. Use another version of either`,
    )
  }
  return {
    version,
    podman,
    architecture,
    apiVersion: compareVersions(engineApi, newestApi) < 0 ? engineApi : newestApi,
  }
}

/** One candidate's error says all; several are told one by one. */
function unreachable(attempts: readonly Attempt[]): CookietinError {
  const [first] = attempts
  if (first !== undefined && attempts.length === 1 && first.error.code !== 'ERR_COOKIETIN_ENGINE_UNREACHABLE')
    return first.error
  const lines = attempts.map(({ endpoint, error }) => `  - ${endpoint.url} (${endpoint.source}): ${reasonOf(error)}`)
  const told = attempts.find(({ error }) => error.code !== 'ERR_COOKIETIN_ENGINE_UNREACHABLE')
  return new CookietinError(
    told?.error.code ?? 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
    `No Docker Engine answered. Tried:\n${lines.join('\n')}\nStart one, or name one with DOCKER_HOST or the config's docker; \`cookietin doctor\` tells more`,
    { cause: (told ?? first)?.error, retryable: attempts.some(({ error }) => error.retryable) },
  )
}

function reasonOf(error: CookietinError): string {
  const { cause } = error
  return cause instanceof Error && error.code === 'ERR_COOKIETIN_ENGINE_UNREACHABLE' ? explain(cause) : error.message
}

/** What the commonest failures of a connection mean. */
export function explain(cause: Error): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'no such socket'
    case 'ECONNREFUSED':
      return 'nothing listens there'
    case 'EACCES':
      return 'not allowed: add your user to the docker group, or use a rootless engine'
    default:
      return cause.message
  }
}
