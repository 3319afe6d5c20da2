import type { Agent, IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { inspect } from 'node:util'
import { onAbort } from '../../../utils/abort.ts'
import { createAgent, type Tls } from './agent.ts'

/** The address of an engine. */
export type Address =
  /** `isRemote`: the socket leads to another machine. */
  | { readonly socketPath: string; readonly isRemote?: boolean }
  | { readonly host: string; readonly port: number; readonly pathPrefix?: string; readonly tls?: Tls | undefined }

/** One request to the engine. */
export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly file?: Readable | undefined
}

/** The connection to one engine: dockerode's modem, of which only `dial` is used. */
export interface Client {
  /** The API version before every path, such as `'1.41'`. Undefined until it is negotiated. */
  version: string | undefined
  /** Resolves with the response once its headers arrive, with any status. */
  dial(request: EngineRequest, signal?: AbortSignal): Promise<IncomingMessage>
  /** Resolves with the raw connection, or with the response of an engine that refuses the upgrade. */
  hijack(request: EngineRequest, signal?: AbortSignal): Promise<Duplex | IncomingMessage>
  /** Closes every connection. */
  destroy(): void
}

interface Modem {
  version: string | undefined
  dial(options: object, callback: (error: Error | null, reply: IncomingMessage | Duplex) => void): void
}

// The modem guesses the reason of a status that it does not expect. With every status expected, the body is left to us.
const everyStatus = new Proxy({}, { get: () => true })

/** Makes a client without a connection. dockerode is loaded here, on first use, which takes 100 ms. */
export async function createClient(address: Address): Promise<Client> {
  const { default: Docker } = await import('dockerode')
  const tls = 'host' in address ? address.tls : undefined
  const agent = createAgent('host' in address || address.isRemote === true, tls)
  const modem = withoutDockerEnv(() => new Docker(modemOptions(address, agent)).modem as unknown as Modem)

  let closed = false
  const send = (request: EngineRequest, signal: AbortSignal | undefined, extra: object) =>
    new Promise<IncomingMessage | Duplex>((resolve, reject) => {
      if (closed) return reject(new Error('the connection to the engine is closed'))
      // The modem may throw where nothing catches it, and then never call back.
      let isAborted = false
      const release = onAbort(signal, () => {
        isAborted = true
        reject(signal?.reason)
      })
      const { method, path, query, body, headers, file } = request
      modem.dial(
        {
          method,
          path: query === undefined ? path : `${path}?`,
          // With separate `_query` and `_body`, the URL never contains the create options and their secrets.
          options: { _query: query ?? {}, _body: body ?? {} },
          headers: hidden({ ...headers }),
          file,
          abortSignal: signal && hidden(signal),
          isStream: true,
          statusCodes: everyStatus,
          ...extra,
        },
        (error, reply) => {
          release()
          if (error) return reject(error)
          // An error may be emitted at any time from now on, also before the caller listens.
          reply.on('error', ignore)
          if (isAborted) reply.destroy()
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
    // An empty file sets `Content-Length: 0`. Without it the modem sends an empty chunked body of five bytes, which the
    // engine may pass to the container's standard input.
    hijack: (request, signal) =>
      send(request, signal, {
        hijack: true,
        file: Buffer.alloc(0),
        headers: hidden({ 'Content-Type': 'text/plain' }),
      }),
    destroy() {
      closed = true
      agent.destroy()
    },
  }
}

/** Every field is set, also empty ones: the modem reads a missing field from the environment. */
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
    // The modem's timeouts turn a long wait into a silent hang. `Deadline` replaces them.
    timeout: undefined,
    connectionTimeout: undefined,
    version: undefined,
    headers: {},
    agent,
  }
}

/** Even with every field set, the modem's constructor parses DOCKER_HOST, and throws when it is invalid. */
function withoutDockerEnv<T>(make: () => T): T {
  const host = process.env.DOCKER_HOST
  delete process.env.DOCKER_HOST
  try {
    return make()
  } finally {
    if (host !== undefined) process.env.DOCKER_HOST = host
  }
}

/**
 * Hides a part of a request from the modem, which prints every request for its debug log: headers may contain registry
 * credentials, and a signal of jsdom leads to its whole window, whose printing throws.
 */
function hidden<T extends object>(part: T): T {
  return Object.assign(part, { [inspect.custom]: () => '[hidden]' })
}

function ignore() {}
