import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '../../../errors.ts'
import type { Env } from '../config/config.ts'
import type { Tls } from './agent.ts'

/** The current docker context, and the setting that names it. Undefined for the default one. */
export function currentContext(env: Env): { readonly name: string; readonly source: string } | undefined {
  const fromEnv = env.DOCKER_CONTEXT
  if (fromEnv) return fromEnv === 'default' ? undefined : { name: fromEnv, source: 'DOCKER_CONTEXT' }
  const path = join(folder(env), 'config.json')
  const name = (readJson(path) as { currentContext?: unknown } | undefined)?.currentContext
  return typeof name !== 'string' || name === '' || name === 'default' ? undefined : { name, source: path }
}

interface Meta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } }
}

/**
 * The address of a docker context's engine. Undefined when the context uses the default address.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` when the context does not exist.
 */
export function contextEndpoint(
  name: string,
  env: Env,
): { readonly host: string; readonly tls: Tls | undefined } | undefined {
  // The docker CLI names a context's folders by the hash of its name.
  const hash = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder(env), 'contexts/meta', hash, 'meta.json')) as Meta | undefined
  if (meta === undefined) {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'docker context', value: `'${name}'`, allowed: 'one that `docker context ls` lists' },
    ])
  }
  const endpoint = meta.Endpoints?.docker
  if (!endpoint?.Host) return undefined
  const certificates = join(folder(env), 'contexts/tls', hash, 'docker')
  const read = (file: string) => {
    const path = join(certificates, file)
    return existsSync(path) ? readFileSync(path) : undefined
  }
  const tls: Tls = {
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
    verify: endpoint.SkipTLSVerify !== true,
  }
  const secure = tls.ca !== undefined || tls.cert !== undefined || !tls.verify
  return { host: endpoint.Host, tls: secure ? tls : undefined }
}

function folder(env: Env): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
