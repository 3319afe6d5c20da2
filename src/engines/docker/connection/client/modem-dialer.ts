import type { Agent } from 'node:http'
import { inspect } from 'node:util'
import Docker from 'dockerode'
import type { Dialer, HostAddress, Reply } from './dialer.ts'

/** dockerode's modem, of which only `dial` is used. */
interface Modem {
  version: string | undefined
  dial(options: object, callback: Reply): void
}

// The modem guesses the reason of a status that it does not expect. With every status expected, the body is left to us.
const everyStatus = new Proxy({}, { get: () => true })

/** Sends requests to an engine by dockerode's modem. */
export function modemDialer(address: HostAddress, agent: Agent): Dialer {
  const modem = withoutDockerEnv(() => new Docker(modemOptions(address, agent)).modem as unknown as Modem)
  return ({ method, path, query, body, headers, file }, { version, signal, isHijack }, done) => {
    modem.version = version === undefined ? undefined : `v${version}`
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
        // An empty file sets `Content-Length: 0`. Without it the modem sends an empty chunked body of five bytes, which the
        // engine may pass to the container's standard input.
        ...(isHijack && { hijack: true, file: Buffer.alloc(0), headers: hidden({ 'Content-Type': 'text/plain' }) }),
      },
      done,
    )
  }
}

/** Every field is set, also empty ones: the modem reads a missing field from the environment. */
function modemOptions({ host, port, pathPrefix = '/', tls }: HostAddress, agent: Agent) {
  return {
    socketPath: undefined,
    host,
    port,
    pathPrefix,
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
