import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CookietinError } from '../../../../errors.ts'
import type { RegistryAuth } from '../../../../task/task.ts'
import type { Env } from '../../config/config.ts'
import { hostOf, hubServer } from '../../config/registries.ts'

/** The entry of one registry in a config file of Docker. */
export interface Found {
  /** The program `docker-credential-<helper>` to ask, for this server. */
  readonly helper: { readonly name: string; readonly server: string } | undefined
  /** The credentials in the config itself. */
  readonly auth: RegistryAuth | undefined
}

interface Entry {
  readonly auth?: unknown
  readonly username?: unknown
  readonly password?: unknown
  readonly identitytoken?: unknown
  readonly registrytoken?: unknown
}

interface ConfigFile {
  readonly auths?: Readonly<Record<string, Entry>>
  readonly credsStore?: unknown
  readonly credHelpers?: Readonly<Record<string, unknown>>
}

/**
 * Looks for a registry in `DOCKER_AUTH_CONFIG`, which contains a config, then in `config.json` of `DOCKER_CONFIG` or
 * `~/.docker`. Hosts match as a whole: credentials of a host do not apply to its parent domains or its other ports.
 *
 * @throws CookietinError `ERR_COOKIETIN_IMAGE_AUTH` for a config that is not JSON.
 */
export async function findInDockerConfig(host: string, env: Env): Promise<Found | undefined> {
  const inline = env.DOCKER_AUTH_CONFIG
  if (inline) {
    const found = find(parse(inline, 'DOCKER_AUTH_CONFIG'), host)
    if (found !== undefined) return found
  }
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : find(parse(text, path), host)
}

function find({ auths = {}, credsStore, credHelpers = {} }: ConfigFile, host: string): Found | undefined {
  const ownHelper = Object.entries(credHelpers).find(([server]) => hostOf(server) === host)
  const [server, entry] = Object.entries(auths).find(([name]) => hostOf(name) === host) ?? []
  const auth = entry === undefined || server === undefined ? undefined : authOf(entry, server)
  // A helper knows a host by the name that the login used. For Docker Hub that is the URL of its old index.
  const asked = host === hostOf(hubServer) ? hubServer : host
  const name = ownHelper?.[1] ?? credsStore
  const helper = typeof name === 'string' && name !== '' ? { name, server: ownHelper?.[0] ?? asked } : undefined
  return helper === undefined && auth === undefined ? undefined : { helper, auth }
}

function authOf(entry: Entry, serverAddress: string): RegistryAuth | undefined {
  const { auth, username, password, identitytoken, registrytoken } = entry
  const [user, pass] = typeof auth === 'string' && auth !== '' ? split(auth) : [username, password]
  const fields = { username: user, password: pass, identityToken: identitytoken, registryToken: registrytoken }
  const given = Object.entries(fields).filter(([, value]) => typeof value === 'string' && value !== '')
  return given.length === 0 ? undefined : { ...Object.fromEntries(given), serverAddress }
}

function split(auth: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  // Some versions of Docker append zero bytes to the password.
  return [text.slice(0, Math.max(0, colon)), text.slice(colon + 1).replace(/\0+$/, '')]
}

function parse(text: string, source: string): ConfigFile {
  try {
    const config: unknown = JSON.parse(text)
    if (typeof config === 'object' && config !== null) return config
  } catch {
    // The parser's error is dropped: it repeats a part of the text, which contains passwords.
  }
  throw new CookietinError(
    'ERR_COOKIETIN_IMAGE_AUTH',
    `Could not read the registry credentials in ${source}: it is not a JSON object. Correct it, or give credentials with the task or with the config's registries`,
  )
}
