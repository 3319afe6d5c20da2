import { CookietinError } from '../../../../errors.ts'
import type { RegistryAuth } from '../../../../task/task.ts'
import type { Env } from '../../config/config.ts'
import { type Fields, fieldsOf, parseFields, readDockerConfig, textOf, warn } from '../../config/docker-files.ts'
import { hostOf, hubServer } from '../../config/registries.ts'

/** The entry of one registry in a config file of Docker. */
export interface Found {
  /** The program `docker-credential-<helper>` to ask, for this server. */
  readonly helper: { readonly name: string; readonly server: string } | undefined
  /** The credentials in the config itself. */
  readonly auth: RegistryAuth | undefined
}

/**
 * Looks for a registry in `DOCKER_AUTH_CONFIG`, which contains a config, then in `config.json` of `DOCKER_CONFIG` or
 * `~/.docker`. Hosts match as a whole: credentials of a host do not apply to its parent domains or its other ports.
 *
 * @throws CookietinError `ERR_COOKIETIN_IMAGE_AUTH` for a variable that is not a JSON object.
 */
export function findInDockerConfig(host: string, env: Env): Found | undefined {
  const inline = env.DOCKER_AUTH_CONFIG
  if (inline) {
    const fields = parseFields(inline)
    if (fields === undefined) throw unreadable()
    const found = find(fields, host, 'DOCKER_AUTH_CONFIG')
    if (found !== undefined) return found
  }
  const { fields, path } = readDockerConfig(env)
  return find(fields, host, path)
}

function find({ auths, credsStore, credHelpers }: Fields, host: string, source: string): Found | undefined {
  const helpers = Object.entries(fieldsOf(credHelpers, `credHelpers in ${source}`))
  const entries = Object.entries(fieldsOf(auths, `auths in ${source}`))
  const ownHelper = helpers.find(([server]) => hostOf(server) === host)
  const [server, entry] = entries.find(([name]) => hostOf(name) === host) ?? []
  const what = `the entry of ${server} in ${source}`
  const auth = server === undefined ? undefined : authOf(fieldsOf(entry, what), server, what)
  // A helper knows a host by the name that the login used. For Docker Hub that is the URL of its old index.
  const asked = host === hostOf(hubServer) ? hubServer : host
  const ownName = textOf(ownHelper?.[1], `the credential helper of ${ownHelper?.[0]} in ${source}`)
  const name = ownName || textOf(credsStore, `credsStore in ${source}`)
  const helper = name === '' ? undefined : { name, server: ownHelper?.[0] ?? asked }
  return helper === undefined && auth === undefined ? undefined : { helper, auth }
}

function authOf(entry: Fields, serverAddress: string, what: string): RegistryAuth | undefined {
  const text = (field: string) => textOf(entry[field], `${field} in ${what}`)
  const [username, password] = text('auth') === '' ? [text('username'), text('password')] : split(text('auth'), what)
  const fields = { username, password, identityToken: text('identitytoken'), registryToken: text('registrytoken') }
  const given = Object.entries(fields).filter(([, value]) => value !== '')
  return given.length === 0 ? undefined : { ...Object.fromEntries(given), serverAddress }
}

function split(auth: string, what: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) {
    warn(`auth in ${what} is passed over: it is not a user and a password in Base64`)
    return ['', '']
  }
  // Some versions of Docker append zero bytes to the password.
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')]
}

function unreadable(): CookietinError {
  return new CookietinError(
    'ERR_COOKIETIN_IMAGE_AUTH',
    "Could not read the registry credentials in DOCKER_AUTH_CONFIG: it is not a JSON object. Correct it, or give credentials with the task or with the config's registries",
  )
}
