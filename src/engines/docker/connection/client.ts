import type { Agent, IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { inspect } from 'node:util'
import { createAgent, type Tls } from './agent.ts'

/** Where an engine listens, as far as a connection needs to know. */
export type Address =
  /** `far`: the other end is on another machine. */
  | { readonly socketPath: string; readonly far?: boolean }
  | { readonly host: string; readonly port: number; readonly pathPrefix?: string; readonly tls?: Tls | undefined }

/** One request, before it is dialled. */
export interface Dialled {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly file?: Readable | undefined
}

/** The wire to one engine: dockerode's modem, used for its dialling alone. */
export interface Client {
  /** `'1.41'`, put before every path; undefined until it is negotiated. */
  version: string | undefined
  /** Resolves with the response once its headers are in, whatever the status. */
  dial(request: Dialled, signal?: AbortSignal): Promise<IncomingMessage>
  /** Resolves with the raw connection, or with a response where the engine refused to give it. */
  hijack(request: Dialled, signal?: AbortSignal): Promise<Duplex | IncomingMessage>
  /** Cuts every connection. */
  destroy(): void
}

interface Modem {
  version: string | undefined
  dial(options: object, callback: (error: Error | null, reply: IncomingMessage | Duplex) => void): void
}

// The modem explains a status it does not expect by guesses of its own; with every status expected, the body is ours to read.
const everyStatus = new Proxy({}, { get: () => true })

/** Connects nothing yet. dockerode is loaded here, on first use: it takes 100 ms. */
export async function createClient(address: Address): Promise<Client> {
  const { default: Docker } = await import('dockerode')
  const tls = 'host' in address ? address.tls : undefined
  const agent = createAgent('host' in address || address.far === true, tls)
  const modem = withoutDockerEnv(() => new Docker(modemOptions(address, agent)).modem as unknown as Modem)

  let closed = false
  const send = (request: Dialled, signal: AbortSignal | undefined, extra: object) =>
    new Promise<IncomingMessage | Duplex>((resolve, reject) => {
      if (closed) return reject(new Error('the connection to the engine is closed'))
      const { method, path, query, body, headers, file } = request
      modem.dial(
        {
          method,
          path: query === undefined ? path : `${path}?`,
          // With `_query` and `_body` apart, the URL never holds the configuration and its secrets.
          options: { _query: query ?? {}, _body: body ?? {} },
          headers: unseen({ ...headers }),
          file,
          abortSignal: signal,
          isStream: true,
          statusCodes: everyStatus,
          ...extra,
        },
        (error, reply) => {
          if (error) return reject(error)
          // From here on an error may come at any time, also before the caller gets to listen.
          reply.on('error', ignore)
          resolve(reply)
        },
      )
    })

  return {
    get version() {
      return modem.version?.slice(1)
    },
    set version(version) {
      modem.version = version === undefined ? undefined : `v${version}`
    },
    dial: (request, signal) => send(request, signal, {}) as Promise<IncomingMessage>,
    // An empty file gives `Content-Length: 0`. Without it the modem sends an empty chunked body, whose five bytes the
    // engine may take for the container's standard input.
    hijack: (request, signal) =>
      send(request, signal, {
        hijack: true,
        file: Buffer.alloc(0),
        headers: unseen({ 'Content-Type': 'text/plain' }),
      }),
    destroy() {
      closed = true
      agent.destroy()
    },
  }
}

/** Every field is named, also the empty ones: what is not named would come from the environment. */
function modemOptions(address: Address, agent: Agent) {
  const remote = 'host' in address ? address : undefined
  const tls = remote?.tls
  return {
    socketPath: 'host' in address ? undefined : address.socketPath,
    host: remote?.host,
    port: remote?.port,
    pathPrefix: remote?.pathPrefix ?? '/',
    protocol: tls === undefined ? ('http' as const) : ('https' as const),
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
    username: undefined,
    // The modem's timeouts turn a long wait into a silent hang: deadlines are ours.
    timeout: undefined,
    connectionTimeout: undefined,
    version: undefined,
    headers: {},
    agent,
  }
}

/** The modem's constructor parses DOCKER_HOST and reads DOCKER_CERT_PATH even when told everything, and throws on a bad one. */
function withoutDockerEnv<T>(make: () => T): T {
  const host = process.env.DOCKER_HOST
  delete process.env.DOCKER_HOST
  try {
    return make()
  } finally {
    if (host !== undefined) process.env.DOCKER_HOST = host
  }
}

/** The modem prints each request's headers for its debug log: registry credentials are among them. */
function unseen<T extends object>(headers: T): T {
  return Object.assign(headers, { [inspect.custom]: () => '[headers]' })
}

function ignore() {}
