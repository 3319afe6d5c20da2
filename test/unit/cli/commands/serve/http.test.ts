import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { createFunctionServer, type ServerOptions } from '../../../../../src/cli/commands/serve/http.ts'
import { setup } from '../../../functions/setup.ts'

interface Call {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Buffer
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly reused: boolean
}

/** Serves one function, and calls it over one connection. */
async function serving(answer: RequestListener, options: Partial<ServerOptions> = {}) {
  const broken: string[] = []
  const server = createFunctionServer(new Map([['fn', setup().make({ answer })]]), {
    stopping: new AbortController().signal,
    hosts: [],
    origins: [],
    onBroken: (name, { message }) => broken.push(`${name}: ${message}`),
    ...options,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const call = async ({ method = 'POST', path = '/invoke/fn', headers = {}, body }: Call = {}): Promise<Answer> => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers })
    sent.on('error', () => {})
    sent.end(body)
    const [response] = await once(sent, 'response')
    const { statusCode: status, headers: received } = response as { statusCode: number; headers: IncomingHttpHeaders }
    return { status, headers: received, body: await text(response), reused: sent.reusedSocket }
  }
  return { call, port, broken }
}

/** A function that answers with the request. */
const echo: RequestListener = async (incoming, response) => {
  const { method, url, headers } = incoming
  response.end(JSON.stringify({ method, url, headers, body: await text(incoming) }))
}

/** What the function got: its headers, without those of each call and each connection. */
const received = ({ body }: Answer) => {
  const { headers, ...rest } = JSON.parse(body) as { headers: Record<string, string>; body: string }
  const { 'fn-call-id': id, 'fn-deadline': deadline, host, connection, ...others } = headers
  expect([id, deadline, host]).toEqual([expect.any(String), expect.any(String), 'localhost'])
  expect(connection).toBe('keep-alive')
  return { ...rest, headers: others }
}

it('a function gets exactly what the gateway of Fn would send', async () => {
  const { call, port } = await serving(echo)
  const got = await call({
    path: '/invoke/fn?a=1&b=%20',
    headers: {
      'Content-Type': 'text/plain',
      Authorization: 'real',
      'Fn-Http-H-Authorization': 'forged',
      'Fn-Http-H-X-User': 'admin',
      'Fn-Intent': 'forged',
      'fn-http-method': 'FORGED',
      'Fn-Call-Id': 'forged',
      'Fn-Deadline': 'forged',
      Cookie: ['a=1', 'b=2'],
      Connection: 'keep-alive, X-Hop',
      'X-Hop': 'dropped',
      TE: 'trailers',
    },
    body: 'hello',
  })
  expect(received(got)).toEqual({
    method: 'POST',
    url: '/call',
    body: 'hello',
    headers: {
      'content-length': '5',
      'content-type': 'text/plain',
      'fn-http-h-authorization': 'real',
      'fn-http-h-cookie': 'a=1; b=2',
      'fn-http-h-fn-http-h-authorization': 'forged',
      'fn-http-h-fn-http-h-x-user': 'admin',
      'fn-http-h-fn-http-method': 'FORGED',
      'fn-http-h-fn-intent': 'forged',
      'fn-http-method': 'POST',
      'fn-http-request-url': `http://127.0.0.1:${port}/invoke/fn?a=1&b=%20`,
      'fn-intent': 'httprequest',
    },
  })
})

it('headers reach a function once: 12 kB of cookies are not too many', async () => {
  const { call } = await serving(echo)
  const cookie = 'c'.repeat(12_000)
  const { status, body } = await call({ headers: { Cookie: cookie } })
  expect(status).toBe(200)
  expect(body.split(cookie)).toHaveLength(2)
})

it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
  '%s reaches a function, also below its path',
  async method => {
    const { call, port } = await serving(echo)
    const answer = await call({ method, path: '/invoke/fn/items/7/?all' })
    expect(answer.status).toBe(200)
    expect(received(answer)).toMatchObject({
      method: 'POST',
      headers: {
        'fn-http-method': method,
        'fn-http-request-url': `http://127.0.0.1:${port}/invoke/fn/items/7/?all`,
      },
    })
  },
)

it('a request without a body has none for the function', async () => {
  const { call } = await serving(echo)
  for (const given of [
    { method: 'GET' },
    { method: 'POST' },
    { method: 'DELETE', headers: { 'Content-Length': '0' } },
  ]) {
    expect(received(await call(given))).toMatchObject({ body: '', headers: { 'content-length': '0' } })
  }
})

it('HEAD is answered with the headers only, and the connection serves on', async () => {
  const { call } = await serving((_request, response) => {
    response.setHeader('X-Kind', 'page')
    response.setHeader('Content-Length', 4)
    response.end('page')
  })
  const head = await call({ method: 'HEAD' })
  expect(head).toMatchObject({ status: 200, body: '', headers: { 'x-kind': 'page', 'content-length': '4' } })
  expect(await call({ method: 'GET' })).toMatchObject({ status: 200, body: 'page', reused: true })
})

it('a Content-Type that a function does not set is not invented, and several cookies stay several', async () => {
  const { call } = await serving((_request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2, c'])
    response.end(Buffer.from([0, 255]))
  })
  const { headers } = await call()
  expect(headers['content-type']).toBeUndefined()
  expect(headers['set-cookie']).toEqual(['a=1', 'b=2, c'])
})

it("a function's 431 is the client's", async () => {
  const { call } = await serving((_request, response) => {
    response.statusCode = 431
    response.end()
  })
  const { status, body } = await call()
  expect([status, JSON.parse(body)]).toEqual([
    431,
    { code: 'ERR_COOKIETIN_RESPONSE_INVALID', message: expect.stringContaining('send fewer or shorter headers') },
  ])
})

it('a response that came before the upload was read reaches its client', async () => {
  const { call } = await serving((incoming, response) => {
    response.setHeader('Fn-Http-Status', 413)
    response.end('too large')
    incoming.on('error', () => {})
  })
  for (const size of [300_000, 3_000_000]) {
    expect(await call({ body: Buffer.alloc(size) })).toMatchObject({ status: 413, body: 'too large' })
  }
})

it('a body that breaks cuts the response, and is reported in one line', async () => {
  const { call, broken } = await serving((_request, response) => {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('half', () => setImmediate(() => response.destroy()))
  })
  await expect(call()).rejects.toThrow('aborted')
  await expect.poll(() => broken).toEqual([expect.stringMatching(/^fn: The function's response cannot be used/)])
})

it.each([
  'GET http://evil.example/invoke/fn HTTP/1.1\r\nHost: localhost',
  'GET /invoke/fn HTTP/1.1\r\nHost: localhost\r\nHost: evil.example',
  'OPTIONS * HTTP/1.1\r\nHost: localhost',
  'GET http://localhost:x/ HTTP/1.1\r\nHost: localhost',
])('a request whose host is not one is malformed, and calls no function: %j', async head => {
  let calls = 0
  const { port } = await serving((_request, response) => {
    calls++
    response.end()
  })
  const socket = connect(port, '127.0.0.1')
  socket.end(`${head}\r\nConnection: close\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /)
  expect(calls).toBe(0)
})

it('a target that is a URL of the Host header is served', async () => {
  const { call, port } = await serving(echo)
  const path = `http://localhost:${port}/invoke/fn`
  expect((await call({ path, headers: { Host: `localhost:${port}` } })).status).toBe(200)
})

it('an unknown function and another path are not found', async () => {
  const { call } = await serving(echo)
  expect((await call({ path: '/invoke/other' })).status).toBe(404)
  expect((await call({ path: '/' })).status).toBe(404)
  expect((await call({ path: '/healthz', method: 'GET' })).status).toBe(200)
  expect(await call({ path: '/healthz', method: 'POST' })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' },
  })
})

it.each([
  [{ Origin: 'http://evil.example' }],
  [{ Origin: 'null' }],
  [{ Origin: 'http://localhost:3000' }],
  [{ 'Sec-Fetch-Site': 'cross-site' }],
  [{ 'Sec-Fetch-Site': 'same-site' }],
  [{ Host: 'evil.example' }],
  [{ Host: 'localhost.evil.example:80' }],
])('a request with %j is refused, and calls no function', async (headers: Record<string, string>) => {
  let calls = 0
  const { call } = await serving((_request, response) => {
    calls++
    response.end()
  })
  for (const method of ['GET', 'POST', 'OPTIONS']) expect((await call({ method, headers })).status).toBe(403)
  expect((await call({ path: '/healthz', method: 'GET', headers })).status).toBe(403)
  expect(calls).toBe(0)
})

it.each([
  [{ Host: 'localhost' }],
  [{ Host: '[::1]:8080' }],
  [{ Host: '10.1.2.3:9000' }],
  [{ Host: 'API.example' }],
  [{ Host: 'api.example', Origin: 'https://api.example', 'Sec-Fetch-Site': 'same-origin' }],
  [{ Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }],
  [{ 'Sec-Fetch-Site': 'none' }],
])('a request with %j is answered', async (headers: Record<string, string>) => {
  const { call } = await serving(echo, { hosts: ['api.example'], origins: ['https://app.example'] })
  expect((await call({ headers })).status).toBe(200)
})

it('a wrong Content-Length of a function does not corrupt the next response', async () => {
  const forged = 'ok\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
  const { call } = await serving((_request, response) => {
    response.setHeader('Content-Length', forged.length)
    response.setHeader('Fn-Http-H-Content-Length', 2)
    response.end(forged)
  })
  expect(await call()).toMatchObject({ status: 200, body: forged, reused: false })
  expect(await call()).toMatchObject({ status: 200, body: forged, reused: true })
})

it.each([204, 205, 304])('a response of %i has no body, and the next response follows it', async status => {
  const { call } = await serving((_request, response) => {
    response.setHeader('Fn-Http-Status', status)
    response.end('not for you')
  })
  expect(await call()).toMatchObject({ status, body: '', reused: false })
  expect(await call()).toMatchObject({ status, body: '', reused: true })
})

it('GET /metrics answers with the metrics, where there are any', async () => {
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'runs 1\n' }
  const { call } = await serving(echo, { metrics })
  const scraped = await call({ method: 'GET', path: '/metrics' })
  expect([scraped.status, scraped.headers['content-type'], scraped.body]).toEqual([
    200,
    metrics.contentType,
    'runs 1\n',
  ])
  expect((await call({ method: 'POST', path: '/metrics' })).status).toBe(405)
  expect((await call({ method: 'GET', path: '/metrics', headers: { host: 'evil.example' } })).status).toBe(403)
  const without = await serving(echo)
  const missing = await without.call({ method: 'GET', path: '/metrics' })
  expect([missing.status, missing.body]).toEqual([404, '{"message":"There are only /invoke/NAME, /healthz"}'])
})
