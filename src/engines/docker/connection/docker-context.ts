import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { InvalidInputError } from '../../../errors.ts'
import { isRecord } from '../../../utils/validation/issues.ts'
import type { Env } from '../config/config.ts'
import { dockerFolder, type Fields, parseFields, readDockerConfig, readText, textOf } from '../config/docker-files.ts'
import { readCertificates } from './certificates.ts'
import type { Tls } from './client/agent.ts'

/** The current docker context, and the setting that names it. Undefined for the default one. */
export function currentContext(env: Env): { readonly name: string; readonly source: string } | undefined {
  const fromEnv = env.DOCKER_CONTEXT
  if (fromEnv) return fromEnv === 'default' ? undefined : { name: fromEnv, source: 'DOCKER_CONTEXT' }
  const { path, fields } = readDockerConfig(env)
  const name = textOf(fields.currentContext, `currentContext in ${path}`)
  return name === '' || name === 'default' ? undefined : { name, source: path }
}

/**
 * The address of a docker context's engine. Undefined when the context uses the default address.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` when the context does not exist or cannot be read.
 */
export function contextEndpoint(
  name: string,
  env: Env,
): { readonly host: string; readonly tls: Tls | undefined } | undefined {
  // The docker CLI names a context's folders by the hash of its name.
  const hash = createHash('sha256').update(name).digest('hex')
  const path = join(dockerFolder(env), 'contexts/meta', hash, 'meta.json')
  const { text, error } = readText(path)
  const refuse = (allowed: string): never => {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'docker context', value: `'${name}'`, allowed },
    ])
  }
  if (text === undefined && (error === 'ENOENT' || error === 'ENOTDIR')) {
    return refuse('one that `docker context ls` lists')
  }
  const meta = text === undefined ? undefined : parseFields(text)
  if (meta === undefined) return refuse(`one whose file can be read (${path}: ${error ?? 'it is not a JSON object'})`)
  const endpoint = endpointIn(meta, what => refuse(`one whose file can be read (${path}: ${what})`))
  const { host } = endpoint
  if (host === '') return undefined
  const certificates = join(dockerFolder(env), 'contexts/tls', hash, 'docker')
  const tls: Tls = {
    ...readCertificates(certificates, what => refuse(`one whose certificates can be read (${what})`)),
    verify: !endpoint.skipsVerify,
  }
  const secure = tls.ca !== undefined || tls.cert !== undefined || !tls.verify
  return { host, tls: secure ? tls : undefined }
}

/** The engine of a context's file. What is missing or null is empty, as in the docker CLI; `refuse` gets what has a wrong type. */
function endpointIn(
  { Endpoints }: Fields,
  refuse: (what: string) => never,
): { readonly host: string; readonly skipsVerify: boolean } {
  const endpoints = Endpoints ?? {}
  if (!isRecord(endpoints)) return refuse('its Endpoints are not an object')
  const docker = endpoints.docker ?? {}
  if (!isRecord(docker)) return refuse('its Endpoints.docker is not an object')
  const host = docker.Host ?? ''
  if (typeof host !== 'string') return refuse('its Endpoints.docker.Host is not a text')
  const skipsVerify = docker.SkipTLSVerify ?? false
  if (typeof skipsVerify !== 'boolean') return refuse('its Endpoints.docker.SkipTLSVerify is not true or false')
  return { host, skipsVerify }
}
