import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { readMetricsAddress, serveMetrics } from '../../../../../src/cli/commands/cluster/metrics-server.ts'

it.each([
  ['9464', { host: '127.0.0.1', port: 9464 }],
  ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
  ['[::1]:80', { host: '::1', port: 80 }],
])('reads the address %s', (given, address) => expect(readMetricsAddress(given)).toEqual(address))

it.each(['', 'x', '70000', 'host:', ':80'])('refuses the address "%s"', given =>
  expect(() => readMetricsAddress(given)).toThrow('--metrics'),
)

it('serves metrics alone, to clients that know its address', async () => {
  const page = { contentType: 'text/plain; version=0.0.4', text: async () => 'runs 1\n' }
  await using server = await serveMetrics(page, { host: '127.0.0.1', port: 0 })
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const sent = request(new URL(path, server.url), { method, headers }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return [response.statusCode, response.headers['content-type'], await text(response)]
  }
  expect(await ask('GET', '/metrics')).toEqual([200, page.contentType, 'runs 1\n'])
  expect((await ask('POST', '/metrics'))[0]).toBe(405)
  expect((await ask('GET', '/'))[0]).toBe(404)
  expect((await ask('GET', '/metrics', { host: 'evil.example' }))[0]).toBe(403)
  const taken = serveMetrics(page, readMetricsAddress(new URL(server.url).host))
  await expect(taken).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
  page.text = () => Promise.reject(new Error('no room'))
  expect(await ask('GET', '/metrics')).toEqual([500, page.contentType, 'no room'])
})
