import { CookietinError, InvalidInputError, toCookietinError } from '../../../errors.ts'
import type { Env, ResolvedDockerConfig } from '../config/config.ts'
import { Api } from './api.ts'
import { createClient } from './client/client.ts'
import { type Endpoint, endpoints } from './endpoint.ts'
import { SshTunnel } from './ssh-tunnel.ts'
import { compareVersions } from './versions.ts'

/** The newest API version that cookietin was written for. Newer engines still support it. */
const newestApi = '1.51'
/** The oldest API version with every call that cookietin needs (Docker Engine 20.10). */
const oldestApi = '1.41'

/** An engine that answered. */
export interface Connection {
  readonly endpoint: Endpoint
  readonly api: Api
  /** The engine's version, such as `'20.10.24'`. */
  readonly version: string
  /** The API version in use. */
  readonly apiVersion: string
  /** The engine is Podman. */
  readonly podman: boolean
  /** The version of its runc. Undefined when it does not report one. */
  readonly runc: string | undefined
  /** The engine's CPU architecture, in its own words: `'amd64'`, `'arm64'`. */
  readonly architecture: string
  /** Reopens the tunnel to the engine, where there is one. */
  revive(): Promise<void>
  close(): Promise<void>
}

/** One candidate that could not be used. */
export interface Attempt {
  readonly endpoint: Endpoint
  readonly error: CookietinError
}

/**
 * Connects to the first engine that answers.
 *
 * @throws CookietinError `ERR_COOKIETIN_ENGINE_UNREACHABLE`, with every candidate and the reason why it failed.
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
          : { socketPath: (await tunnel?.open()) ?? '', isRemote: true }
    const client = await createClient(address)
    const api = new Api(client)
    const close = async () => {
      client.destroy()
      await tunnel?.close()
    }
    try {
      const negotiated = await negotiate(api, {
        url: endpoint.url,
        deadline: config.engineTimeout,
        wanted: env.DOCKER_API_VERSION,
      })
      client.version = negotiated.apiVersion
      return { ...negotiated, endpoint, api, close, revive: async () => void (await tunnel?.open()) }
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

interface NegotiateOptions {
  readonly url: string
  /** ms. */
  readonly deadline: number
  /** `DOCKER_API_VERSION`: the only version that may be used. */
  readonly wanted: string | undefined
}

/** Picks the newest API version that both sides support, or the one that is wanted. */
async function negotiate(
  api: Api,
  { url, deadline, wanted }: NegotiateOptions,
): Promise<Pick<Connection, 'version' | 'apiVersion' | 'podman' | 'runc' | 'architecture'>> {
  const body = await askVersion(api, url, deadline)
  const { Version: version, ApiVersion: engineApi, MinAPIVersion: engineLeast } = (body ?? {}) as VersionBody
  if (typeof version !== 'string' || typeof engineApi !== 'string' || !/^\d+\.\d+$/.test(engineApi)) {
    throw new CookietinError(
      'ERR_COOKIETIN_ENGINE_PROTOCOL',
      `Could not connect to ${url}: what answers there is not a Docker Engine`,
    )
  }
  const podman = JSON.stringify((body as VersionBody).Components ?? []).includes('Podman')
  const architecture = String((body as VersionBody).Arch ?? '')
  const least = typeof engineLeast === 'string' ? engineLeast : oldestApi
  if (compareVersions(engineApi, oldestApi) < 0 || compareVersions(least, newestApi) > 0) {
    throw new CookietinError(
      'ERR_COOKIETIN_API_VERSION',
      `Could not use the engine at ${url}: it is version ${version} and speaks API ${least} to ${engineApi}, cookietin speaks ${oldestApi} to ${newestApi}. Use another version of either`,
    )
  }
  const apiVersion = readWanted(wanted) ?? (compareVersions(engineApi, newestApi) < 0 ? engineApi : newestApi)
  const [lowest, highest] = [compareVersions(least, oldestApi) > 0 ? least : oldestApi, engineApi]
  if (compareVersions(apiVersion, lowest) < 0 || compareVersions(apiVersion, highest) > 0) {
    throw new CookietinError(
      'ERR_COOKIETIN_API_VERSION',
      `Could not use the engine at ${url} with DOCKER_API_VERSION=${apiVersion}: the versions from ${lowest} to ${highest} are possible. Unset the variable, or set it to one of them`,
    )
  }
  return { version, podman, runc: versionOf('runc', body), architecture, apiVersion }
}

/** The version of one of the programs that an engine consists of. */
function versionOf(name: string, body: unknown): string | undefined {
  const { Components } = (body ?? {}) as VersionBody
  const found = Array.isArray(Components) ? Components.find(component => component?.Name === name) : undefined
  return typeof found?.Version === 'string' ? found.Version : undefined
}

/** A connection that is cut in the reply is no other fault than one that is cut before: nothing runs on it yet. */
async function askVersion(api: Api, url: string, deadline: number): Promise<unknown> {
  const ask = () => api.request({ doing: `connect to ${url}`, method: 'GET', path: '/version', deadline })
  try {
    return (await ask()).body
  } catch (error) {
    if (!isCut(error)) throw error
  }
  try {
    return (await ask()).body
  } catch (error) {
    if (!isCut(error)) throw error
    const { message, cause } = error
    throw new CookietinError('ERR_COOKIETIN_ENGINE_UNREACHABLE', message, { cause, retryable: true })
  }
}

function isCut(error: unknown): error is CookietinError {
  return error instanceof CookietinError && error.code === 'ERR_COOKIETIN_ENGINE_LOST'
}

/**
 * Reads `DOCKER_API_VERSION`. Undefined when it is not set.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for a text that is not a version.
 */
function readWanted(wanted = ''): string | undefined {
  const text = wanted.trim().replace(/^v/i, '')
  if (text === '') return undefined
  if (/^\d+\.\d+$/.test(text)) return text
  const issue = { field: 'DOCKER_API_VERSION', value: `'${wanted}'`, allowed: `a version such as ${oldestApi}` }
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [issue])
}

/** The error of a single candidate, or one that lists all candidates. */
function unreachable(attempts: readonly Attempt[]): CookietinError {
  const [first] = attempts
  if (first !== undefined && attempts.length === 1 && first.error.code !== 'ERR_COOKIETIN_ENGINE_UNREACHABLE')
    return first.error
  const lines = attempts.map(({ endpoint, error }) => `  - ${endpoint.url} (${endpoint.source}): ${reasonOf(error)}`)
  const specific = attempts.find(({ error }) => error.code !== 'ERR_COOKIETIN_ENGINE_UNREACHABLE')
  return new CookietinError(
    specific?.error.code ?? 'ERR_COOKIETIN_ENGINE_UNREACHABLE',
    `No Docker Engine answered. Tried:\n${lines.join('\n')}\nStart one, or name one with DOCKER_HOST or the config's docker; \`cookietin doctor\` shows more`,
    { cause: (specific ?? first)?.error, retryable: attempts.some(({ error }) => error.retryable) },
  )
}

function reasonOf(error: CookietinError): string {
  const { cause } = error
  return cause instanceof Error && error.code === 'ERR_COOKIETIN_ENGINE_UNREACHABLE' ? explain(cause) : error.message
}

/** Explains the most common connection failures. */
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
