import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { HotFunction } from '../../../functions/function.ts'
import { gatewayHeaders } from '../../../functions/http/headers.ts'
import type { InvokeRequest } from '../../../functions/http/request.ts'
import { settles } from '../../../utils/timing.ts'

/** How long a client may go on sending a body that the function did not read, in ms. */
const uploadTimeout = 1_000

/** An HTTP request to a function, and where its response goes. */
export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** The URL that the client requested. */
  readonly url: string
}

/**
 * Passes an HTTP request to a function, and its response to the client, as Fn's gateway does. Rejects before anything
 * is sent, or destroys a response that breaks.
 */
export async function passOn(fn: HotFunction, { incoming, outgoing, url }: Exchange): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort(new Error('the client has disconnected')))
  const response = await fn.invoke({ ...requestOf(incoming, url), signal: gone.signal })
  writeHead(outgoing, incoming, response)
  try {
    await sendBody(outgoing, incoming, response)
  } catch (error) {
    // The client sees that the response is not complete.
    outgoing.destroy()
    if (!gone.signal.aborted) throw error
  }
}

/** The call by Fn's contract: the client's own headers are wrapped, so that it cannot forge those of the gateway. */
function requestOf(incoming: IncomingMessage, url: string): InvokeRequest {
  const { method = 'GET', headers } = incoming
  const length = headers['content-length']
  const hasBody = headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0
  return {
    headers: {
      ...gatewayHeaders(headersOf(incoming)),
      ...(hasBody && length !== undefined ? { 'content-length': length } : {}),
      'fn-intent': 'httprequest',
      'fn-http-method': method,
      'fn-http-request-url': url,
    },
    // Destroying the request would destroy the connection, and the response with it.
    body: hasBody ? incoming.iterator({ destroyOnReturn: false }) : undefined,
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  return headers
}

function writeHead(outgoing: ServerResponse, incoming: IncomingMessage, { status, headers }: Response): void {
  for (const [name, value] of headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  // The rest of the request is dropped. Its connection cannot be used again.
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  outgoing.writeHead(status)
}

async function sendBody(outgoing: ServerResponse, incoming: IncomingMessage, { body }: Response): Promise<void> {
  if (body !== null && incoming.method === 'HEAD') await body.pipeTo(new WritableStream())
  else if (body !== null) await pipeline(Readable.fromWeb(body), outgoing, { end: false })
  if (!incoming.complete) {
    // A connection that is closed while the client sends loses the response.
    incoming.resume()
    await settles(once(incoming, 'close'), uploadTimeout)
  }
  await new Promise<void>(resolve => outgoing.end(resolve))
}
