import type { RegistryAuth } from '../../../task/task.ts'
import { isRecord } from '../../../utils/validation/issues.ts'

/** The name under which Docker stores logins to Docker Hub. */
export const hubServer = 'https://index.docker.io/v1/'

const hub = 'index.docker.io'
const authFields = ['username', 'password', 'identityToken', 'registryToken', 'serverAddress']

/**
 * The host, with its port, of a server's name in a config. A scheme and a path are removed. Docker Hub has several
 * names.
 */
export function hostOf(server: string): string {
  const host = server
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/, '')
    .toLowerCase()
  return host === '' || host === 'docker.io' ? hub : host
}

/** Credentials by host. They are secret: neither printing nor JSON shows them. */
export class Registries {
  readonly #auths: ReadonlyMap<string, RegistryAuth>

  constructor(auths: ReadonlyMap<string, RegistryAuth> = new Map()) {
    this.#auths = auths
  }

  /** Finds the credentials of exactly this host. */
  find(host: string): RegistryAuth | undefined {
    return this.#auths.get(host)
  }

  get hosts(): readonly string[] {
    return [...this.#auths.keys()]
  }
}

/** Reads an object of credentials by host, or its JSON. Returns undefined for anything else. */
export function readRegistries(value: unknown): Registries | undefined {
  if (value instanceof Registries) return value
  const given = typeof value === 'string' ? parse(value) : value
  if (!isRecord(given)) return undefined
  const auths = Object.entries(given).map(([server, auth]) => [hostOf(server), readAuth(server, auth)] as const)
  const good = auths.filter((entry): entry is readonly [string, RegistryAuth] => entry[1] !== undefined)
  return good.length === auths.length ? new Registries(new Map(good)) : undefined
}

function readAuth(server: string, auth: unknown): RegistryAuth | undefined {
  if (!isRecord(auth)) return undefined
  const good = Object.entries(auth).every(([name, text]) => authFields.includes(name) && typeof text === 'string')
  return good ? Object.freeze({ serverAddress: server, ...auth }) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
