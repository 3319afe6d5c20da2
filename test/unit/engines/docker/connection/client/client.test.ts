import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Readable } from 'node:stream'
import util, { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Api } from '../../../../../../src/engines/docker/connection/api.ts'
import { type Address, createClient } from '../../../../../../src/engines/docker/connection/client/client.ts'
import type { CookietinError } from '../../../../../../src/errors.ts'
import { type FakeEngine, startFakeEngine } from '../../../../../support/engine/fake.ts'

const unprintable = () => {
  throw new TypeError("'get href' called on an object that is not a valid instance of StyleSheet")
}

/** As jsdom does: a signal that leads to a window whose printing throws. */
function stubAbortController() {
  const Original = AbortController
  class Jsdom extends Original {
    constructor() {
      super()
      Object.assign(this.signal, { window: { [inspect.custom]: unprintable } })
    }
  }
  vi.stubGlobal('AbortController', Jsdom)
  onTestFinished(() => void vi.unstubAllGlobals())
}

type Reach = 'a socket' | 'TCP'

async function addressOf(fake: FakeEngine, reach: Reach): Promise<Address> {
  const socketPath = fake.address.replace('unix://', '')
  if (reach === 'a socket') return { socketPath }
  const server = createServer(incoming => {
    const outgoing = connect(socketPath).on('error', () => incoming.destroy())
    incoming
      .on('error', () => outgoing.destroy())
      .pipe(outgoing)
      .pipe(incoming)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

async function engineAt(reach: Reach, answer: Parameters<typeof startFakeEngine>[0]) {
  const fake = await startFakeEngine(answer)
  const client = await createClient(await addressOf(fake, reach))
  onTestFinished(async () => {
    client.destroy()
    await fake[Symbol.asyncDispose]()
  })
  return { fake, client, api: new Api(client) }
}

const apiOf = async (reach: Reach, answer: Parameters<typeof startFakeEngine>[0]) => (await engineAt(reach, answer)).api

describe.each<Reach>(['a socket', 'TCP'])('over %s, a request', reach => {
  test('has the version, the query, the body and its type', async () => {
    const { fake, client, api } = await engineAt(reach, () => ({}))
    client.version = '1.41'
    const limits = { doing: 'ask', deadline: 5_000 } as const
    await api.request({ ...limits, method: 'POST', path: '/a', query: { q: 'x y&z', t: '1' }, body: { Env: ['A=ü'] } })
    await api.request({ ...limits, method: 'POST', path: '/b', query: {}, body: {} })
    await api.request({ ...limits, method: 'DELETE', path: '/c', headers: { 'X-Registry-Auth': 'secret' } })
    await api.request({ ...limits, method: 'PUT', path: '/d', file: Readable.from([Buffer.from('tar')]) })
    expect(fake.requests.map(({ method, url, body }) => [method, url.replace(/\?$/, ''), body])).toEqual([
      ['POST', '/a?q=x%20y%26z&t=1', '{"Env":["A=ü"]}'],
      ['POST', '/b', ''],
      ['DELETE', '/c', ''],
      ['PUT', '/d', 'tar'],
    ])
    const [created, bare, removed, archive] = fake.requests.map(({ headers }) => headers)
    expect(created).toMatchObject({ 'content-type': 'application/json', 'content-length': '16' })
    expect(bare).not.toHaveProperty('content-type')
    expect(removed).toMatchObject({ 'x-registry-auth': 'secret' })
    expect(archive).toMatchObject({ 'content-type': 'application/tar', 'transfer-encoding': 'chunked' })
  })

  test('that is to be upgraded resolves with the raw connection, or rejects with the reason of the engine', async () => {
    const { client, api } = await engineAt(reach, () => [409, 'it is not running'])
    const call = { doing: 'attach', method: 'POST', path: '/attach', query: { stream: '1' }, deadline: 5_000 } as const
    await expect(api.upgrade(call)).rejects.toMatchObject({ message: expect.stringContaining('it is not running') })
    client.destroy()
    await expect(api.upgrade(call)).rejects.toMatchObject({ message: expect.stringContaining('is closed') })
  })

  test('fails when its file fails', async () => {
    const api = await apiOf(reach, () => ({}))
    const file = new Readable({ read: () => void file.destroy(new Error('the disk is gone')) })
    const call = { doing: 'copy', method: 'PUT', path: '/d', file, deadline: 5_000 } as const
    await expect(api.request(call)).rejects.toMatchObject({ message: expect.stringContaining('the disk is gone') })
  })

  test('follows no redirect', async () => {
    const { fake, api } = await engineAt(reach, () => (response: ServerResponse) => {
      response.writeHead(301, { Location: 'http://127.0.0.1:1/' }).end()
    })
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 5_000 } as const
    await expect(api.request(call)).rejects.toMatchObject({ message: expect.stringContaining('301') })
    expect(fake.requests).toHaveLength(1)
  })

  test('fails when the engine switches protocols without being asked', async () => {
    const api = await apiOf(reach, () => (response: ServerResponse) => {
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    })
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 5_000 } as const
    await expect(api.request(call)).rejects.toMatchObject({ message: expect.stringContaining('switched protocols') })
  })
  test('is answered where signals cannot be printed, as in jsdom', async () => {
    stubAbortController()
    const api = await apiOf(reach, () => ({ fine: true }))
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 5_000 } as const
    expect((await api.request(call)).body).toEqual({ fine: true })
  })

  test('is ended when its caller aborts it, although the engine does not answer', async () => {
    const api = await apiOf(reach, () => undefined)
    const abort = new AbortController()
    const call = { doing: 'ask', method: 'GET', path: '/x', deadline: undefined, signal: abort.signal } as const
    const asked = api.request(call)
    abort.abort(new Error('enough'))
    await expect(asked).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: new Error('enough') })
  })
})

test('a call over TCP fails when the modem throws', async () => {
  const api = await apiOf('TCP', () => ({}))
  // The modem prints every request.
  const printed = vi.spyOn(util, 'inspect').mockImplementation(unprintable)
  const call = { doing: 'ask', method: 'GET', path: '/x', deadline: 5_000 } as const
  const error = await api.request(call).catch((error: CookietinError) => error)
  printed.mockRestore()
  expect(error).toMatchObject({ message: expect.stringContaining('get href') })
})
