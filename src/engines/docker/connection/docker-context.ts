import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '../../../errors.ts'
import type { Env } from '../config/config.ts'
import type { Tls } from './agent.ts'

/** The docker context in use, and what says so; undefined for the default one. */
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
 * Where the engine of a docker context is; undefined where the context says that it is at the default place.
 *
 * @throws InvalidInputError when there is no such context: another engine is not what was meant.
 */
export function contextEndpoint(
  name: string,
  env: Env,
): { readonly host: string; readonly tls: Tls | undefined } | undefined {
  // The docker CLI names the folders of a context by the hash of its name.
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
