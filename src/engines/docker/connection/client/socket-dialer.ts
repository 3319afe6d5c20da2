import http, { type Agent, type RequestOptions } from 'node:http'
import { stringify } from 'node:querystring'
import type { ConnectionOptions } from 'node:tls'
import type { Dialer, DialOptions, EngineRequest } from './dialer.ts'

/** Sends requests to an engine behind a socket of this machine. */
export const socketDialer =
  (socketPath: string, agent: Agent): Dialer =>
  (request, options, done) => {
    const { file } = request
    const { version, signal, isHijack } = options
    const query = stringify(request.query)
    const body = bodyOf(request, options)
    const target: RequestOptions & Pick<ConnectionOptions, 'servername'> = {
      agent,
      socketPath,
      // Without it, Node.js looks whether the host's name is an address, by expressions that take milliseconds to compile.
      servername: '',
      method: request.method,
      path: (version === undefined ? '' : `/v${version}`) + request.path + (query && `?${query}`),
      headers: headersOf(request, options, body),
      signal,
    }
    const sent = http.request(target)
    sent.on('response', response => done(null, response))
    if (isHijack) {
      sent.on('upgrade', (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head)
        done(null, socket)
      })
    }
    // It calls back before a reply; what breaks later is told by the reply.
    sent.on('error', error => done(error, undefined as never))
    if (file === undefined) {
      sent.end(body)
      return
    }
    file.on('error', error => sent.destroy(error))
    file.pipe(sent)
  }

/** An empty object counts as none. */
function bodyOf({ method, body, file }: EngineRequest, { isHijack }: DialOptions): string | undefined {
  if (file !== undefined || isHijack || method !== 'POST' || body === undefined) return undefined
  const text = JSON.stringify(body)
  return text === '{}' ? undefined : text
}

function headersOf(
  { method, headers, file }: EngineRequest,
  { isHijack }: DialOptions,
  body: string | undefined,
): Record<string, string | number> {
  // Without a length, a chunked body of five bytes would be sent, which the engine may pass to the container's standard input.
  if (isHijack)
    return { 'Content-Type': 'text/plain', 'Content-Length': 0, Connection: 'Upgrade', Upgrade: 'tcp', ...headers }
  if (file !== undefined) return { 'Content-Type': 'application/tar', ...headers }
  if (body !== undefined) {
    return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers }
  }
  return method === 'POST' ? { 'Content-Length': 0, ...headers } : { ...headers }
}
