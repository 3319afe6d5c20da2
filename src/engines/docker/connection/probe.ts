import { type CookietinError, toCookietinError } from '../../../errors.ts'
import type { Env, ResolvedDockerConfig } from '../config/config.ts'
import { connectTo } from './connect.ts'
import { type Endpoint, endpoints } from './endpoint.ts'

/** The outcome of one address where an engine may listen. */
export interface Probe {
  /** The setting that named it: `DOCKER_HOST`, `default socket`, … */
  readonly source: string
  readonly url: string
  readonly ok: boolean
  readonly error?: CookietinError
  /** The engine's version. */
  readonly version?: string
  /** The API version that would be used. */
  readonly apiVersion?: string
  /** The engine is Podman. */
  readonly podman?: boolean
  /** The version of its runc. */
  readonly runc?: string | undefined
  readonly endpoint?: Endpoint
  /** The engine's `/info`, unchanged. */
  readonly info?: Readonly<Record<string, unknown>>
}

/**
 * Tries every candidate. A driver would use the first one that answers.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for an invalid address or docker context.
 */
export async function probeEndpoints(config: ResolvedDockerConfig, env: Env): Promise<readonly Probe[]> {
  return await Promise.all(endpoints(config.docker, env).map(endpoint => probe(endpoint, config, env)))
}

async function probe(endpoint: Endpoint, config: ResolvedDockerConfig, env: Env): Promise<Probe> {
  const { source, url } = endpoint
  try {
    const { api, version, apiVersion, podman, runc, close } = await connectTo(endpoint, config, env)
    try {
      const call = {
        doing: `ask ${url} for its info`,
        method: 'GET',
        path: '/info',
        deadline: config.engineTimeout,
      } as const
      const { body } = await api.request(call)
      const info = (body ?? {}) as Record<string, unknown>
      return { source, url, ok: true, version, apiVersion, podman, runc, endpoint, info }
    } finally {
      await close()
    }
  } catch (cause) {
    const error = toCookietinError(cause, 'ERR_COOKIETIN_ENGINE_UNREACHABLE', `Could not use ${url}`)
    return { source, url, ok: false, error }
  }
}
