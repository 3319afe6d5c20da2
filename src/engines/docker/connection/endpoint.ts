import { homedir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '../../../errors.ts'
import type { Env } from '../config/config.ts'
import { readCertificates } from './certificates.ts'
import type { Tls } from './client/agent.ts'
import { contextEndpoint, currentContext } from './docker-context.ts'

/** An address where an engine may listen. */
export interface Endpoint {
  /** The setting that named it, for messages: `DOCKER_HOST`, `context 'remote'`, `default socket`. */
  readonly source: string
  /** As a URL. */
  readonly url: string
  readonly at:
    | { readonly kind: 'unix'; readonly path: string }
    | {
        readonly kind: 'tcp'
        readonly host: string
        readonly port: number
        readonly pathPrefix: string
        readonly tls: Tls | undefined
      }
    | { readonly kind: 'ssh'; readonly destination: string; readonly port: string; readonly remotePath: string }
}

const defaultSocket = '/var/run/docker.sock'
const maxPathBytes = process.platform === 'darwin' ? 103 : 107

/**
 * The addresses to try, best first. An address from the config, `DOCKER_HOST`, `DOCKER_CONTEXT` or the current docker
 * context is the only candidate, since a task must not run on an unintended engine.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` for an invalid address or docker context.
 */
export function endpoints(docker: string | undefined, env: Env): readonly Endpoint[] {
  if (docker !== undefined && docker !== '') return [endpointOf(docker, 'config docker', 'docker', envTls(env))]
  if (env.DOCKER_HOST) return [endpointOf(env.DOCKER_HOST, 'DOCKER_HOST', 'DOCKER_HOST', envTls(env))]
  const named = currentContext(env)
  const context = named === undefined ? undefined : contextEndpoint(named.name, env)
  if (named !== undefined && context !== undefined) {
    return [endpointOf(context.host, `context '${named.name}' (${named.source})`, named.source, context.tls)]
  }
  return defaultSockets(env)
}

function defaultSockets(env: Env): readonly Endpoint[] {
  if (process.platform === 'win32') return [socketAt('//./pipe/docker_engine', 'default pipe')]
  const home = env.HOME || homedir()
  const runtime = env.XDG_RUNTIME_DIR
  return [
    socketAt(defaultSocket, 'default socket'),
    ...(runtime ? [socketAt(join(runtime, 'docker.sock'), 'rootless socket')] : []),
    socketAt(join(home, '.docker/run/docker.sock'), 'Docker Desktop socket'),
    ...(runtime ? [socketAt(join(runtime, 'podman/podman.sock'), 'rootless Podman socket')] : []),
    socketAt('/run/podman/podman.sock', 'Podman socket'),
  ]
}

function socketAt(path: string, source: string): Endpoint {
  return { source, url: `unix://${path}`, at: { kind: 'unix', path } }
}

/**
 * Reads an address as the docker CLI does: `unix://`, `npipe://`, `tcp://`, `http://`, `https://`, `ssh://`, a path, or
 * a host and port.
 */
function endpointOf(given: string, source: string, field: string, tls: Tls | undefined): Endpoint {
  const address = given.trim()
  const bad = (allowed: string) =>
    new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [{ field, value: `'${withoutPassword(address)}'`, allowed }])
  const socket = (path: string) => {
    // Node 20 silently truncates a longer path and connects to another socket.
    if (Buffer.byteLength(path) > maxPathBytes) throw bad(`a socket whose path has ${maxPathBytes} bytes at most`)
    return socketAt(path, source)
  }
  if (address.startsWith('/')) return socket(address)
  const [, spelt = '', rest = ''] = readScheme(address) ?? [undefined, 'tcp', address]
  const scheme = spelt.toLowerCase()
  if (scheme === 'http+unix') return socket(decodePart(rest) ?? defaultSocket)
  if (scheme === 'unix') return socket(rest || defaultSocket)
  if (scheme === 'npipe') return socketAt(rest || '//./pipe/docker_engine', source)
  if (!['tcp', 'http', 'https', 'ssh'].includes(scheme)) throw bad('a unix://, tcp://, https:// or ssh:// address')
  // As in the docker CLI, an address without a host is on this machine.
  const authority = scheme !== 'ssh' && /^:\d/.test(rest) ? `localhost${rest}` : rest
  const url = URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`) : undefined
  if (url === undefined || url.hostname === '')
    throw bad(`${scheme}:// with a host, such as ${scheme}://engine.example:2376`)
  if (scheme === 'ssh') return sshEndpoint(url, source, bad)
  const secure = tls ?? (scheme === 'https' ? { verify: true } : undefined)
  // The URL parser drops port 80, the default of http.
  const port = Number(url.port || (/:80(\/|$)/.test(rest) ? 80 : secure === undefined ? 2375 : 2376))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return {
    source,
    url: `${secure === undefined ? 'tcp' : 'https'}://${url.hostname}:${port}${url.pathname === '/' ? '' : url.pathname}`,
    at: { kind: 'tcp', host, port, pathPrefix: url.pathname, tls: secure },
  }
}

/** The parts of an address with a scheme. A path may follow the scheme of a socket at once: `unix:/run/docker.sock`. */
function readScheme(address: string): RegExpExecArray | null {
  return /^([a-z+]+):\/\/(.*)$/i.exec(address) ?? /^((?:http\+)?unix):(.*)$/i.exec(address)
}

/** A part of an address, in which characters may be escaped. Undefined when it is empty. */
function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined
  } catch {
    return text
  }
}

function sshEndpoint(url: URL, source: string, bad: (allowed: string) => Error): Endpoint {
  const user = decodePart(url.username) ?? ''
  if (url.password !== '') throw bad('an ssh:// address without a password: use a key, or an agent')
  // Both become arguments of ssh, where a leading dash would make them options.
  if (!/^[\w.:[\]-]+$/.test(url.hostname) || url.hostname.startsWith('-') || !/^([\w.][\w.@-]*)?$/.test(user)) {
    throw bad('ssh://user@host, with an ordinary user and host name')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const destination = user === '' ? host : `${user}@${host}`
  const remotePath = url.pathname === '/' || url.pathname === '' ? defaultSocket : (decodePart(url.pathname) ?? '')
  const port = url.port
  return {
    source,
    url: `ssh://${destination}${port && `:${port}`}${remotePath === defaultSocket ? '' : remotePath}`,
    at: { kind: 'ssh', destination, port, remotePath },
  }
}

/** TLS is on when either variable of the docker CLI is set. Certificates are always verified. */
function envTls(env: Env): Tls | undefined {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_CERT_PATH) return undefined
  const folder = env.DOCKER_CERT_PATH || join(env.HOME || homedir(), '.docker')
  const field = env.DOCKER_CERT_PATH ? 'DOCKER_CERT_PATH' : 'DOCKER_TLS_VERIFY'
  const refuse = (what: string): never => {
    const allowed = `a folder whose certificates can be read (${what})`
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [{ field, value: `'${env[field]}'`, allowed }])
  }
  return { ...readCertificates(folder, refuse), verify: true }
}

/**
 * Masks what may be a password: all from the first colon after the scheme up to the last `@`. The address may be no URL, and the password may hold any
 * character.
 */
function withoutPassword(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?([^:]*):.*@/is, '$1$2:•••@')
}
