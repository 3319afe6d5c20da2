import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { deferred } from '../../../src/utils/deferred.ts'
import { setup } from './setup.ts'

describe('a function that cannot start', () => {
  it('rejects every call that waits with the reason, and is not started for each of them', async () => {
    const { make, containers } = setup({ concurrency: 4 })
    const fn = make({ run: { startError: new Error('no such program') } }, { timeout: 20_000 })
    const calls = await Promise.allSettled(Array.from({ length: 100 }, () => fn.invoke()))
    const messages = calls.map(call => (call.status === 'rejected' ? String(call.reason) : 'served'))
    expect(new Set(messages)).toEqual(new Set([expect.stringContaining('no such program')]))
    expect(containers.length).toBeLessThanOrEqual(4)
  })

  it('is started again after a pause, and its calls time out with the reason until then', async () => {
    const { make, containers } = setup({ concurrency: 1 })
    const fn = make({ run: { startError: new Error('no such program') } }, { timeout: 100 })
    for (let round = 0; round < 3; round++) await fn.invoke({ timeout: 20_000 }).catch(() => {})
    const started = containers.length
    await expect(fn.invoke()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_CALL_TIMEOUT',
      message: expect.stringContaining('no such program'),
    })
    expect(containers.length).toBe(started)
  })
})

describe('a response that comes before the request was read', () => {
  it.each([300_000, 4_000_000])('is given to the caller, for a body of %i bytes', async size => {
    const { make, containers } = setup()
    let connections = 0
    const fn = make({
      connected: socket => {
        connections += 1
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 200 OK\r\nFn-Http-Status: 413\r\nContent-Length: 9\r\n\r\ntoo large')
        })
      },
    })
    for (const expected of [1, 2]) {
      const response = await fn.invoke({ body: Buffer.alloc(size) })
      expect([response.status, await response.text(), connections]).toEqual([413, 'too large', expected])
    }
    expect(containers.length).toBe(1)
  })
})

describe('a connection that closes before the request was read', () => {
  it('leaves a response that came before whole', async () => {
    const { make, containers } = setup()
    const fn = make({
      connected: socket => {
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 200 OK\r\nFn-Http-Status: 413\r\nContent-Length: 9\r\n\r\ntoo large', () =>
            socket.destroy(),
          )
        })
      },
    })
    for (let call = 0; call < 50; call++) {
      const response = await fn.invoke({ body: Buffer.alloc(4_000_000) })
      expect([response.status, await response.text()]).toEqual([413, 'too large'])
    }
    expect(containers.length).toBe(1)
  })

  it.each([10, 300_000, 4_000_000])(
    'fails a call that the function has seen, and is not sent again: %i bytes',
    async size => {
      const { make } = setup()
      let calls = 0
      const fn = make({
        connected: socket => {
          socket.once('data', () => {
            calls += 1
            socket.destroy()
          })
        },
      })
      await expect(fn.invoke({ body: Buffer.alloc(size) })).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_RESPONSE_FAILED',
      })
      expect(calls).toBe(1)
    },
  )
})

it('a call with headers that are too large is refused, and its container serves on', async () => {
  const { make, containers } = setup()
  const fn = make()
  await expect(fn.invoke({ headers: { cookie: 'x'.repeat(20_000) } })).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_RESPONSE_INVALID',
    message: expect.stringContaining('431'),
  })
  expect(await (await fn.invoke()).text()).toBe('ok')
  expect(containers.length).toBe(1)
})

it('a request of 9 kB of headers is sent, since each is sent once', async () => {
  const fn = setup().make({ answer: (request, response) => void response.end(request.headers.cookie) })
  const cookie = 'x'.repeat(9_000)
  expect(await (await fn.invoke({ headers: { cookie } })).text()).toBe(cookie)
})

it('a connection that breaks because the container ends is told with the exit', async () => {
  const { make, containers } = setup()
  const called = deferred<ServerResponse>()
  const fn = make({ answer: (_request: IncomingMessage, response) => called.resolve(response), run: { exitCode: 9 } })
  const call = fn.invoke()
  const response = await called.promise
  const exit = containers[0]?.exit()
  response.destroy()
  await expect(call).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_RESPONSE_FAILED',
    message: expect.stringContaining('exit code 9'),
  })
  await exit
})

describe('a response with many headers', () => {
  const many = (count: number, last: string) => ({
    connected: (socket: import('node:net').Socket) =>
      void socket.once('data', () => {
        const headers = Array.from({ length: count }, (_, index) => `x-${index}: 1\r\n`).join('')
        socket.write(`HTTP/1.1 200 OK\r\n${headers}${last}\r\nContent-Length: 0\r\n\r\n`)
      }),
  })

  it('keeps them all', async () => {
    const fn = setup().make(many(2_500, 'Fn-Http-Status: 418\r\nSet-Cookie: a=b'), { maxResponseHeaders: '256k' })
    const response = await fn.invoke()
    expect([response.status, response.headers.get('set-cookie'), response.headers.get('x-2499')]).toEqual([
      418,
      'a=b',
      '1',
    ])
  })

  it.each(['0x1f4', '4.04e2', '099', '600', '2000', ' ', '20'])('refuses the status %o', async status => {
    const fn = setup().make(many(0, `Fn-Http-Status: ${status}`))
    await expect(fn.invoke()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_INVALID' })
  })
})

describe('calls$', () => {
  it('emits each call when it has ended, cold and warm, served and failed', async () => {
    const fn = setup().make({
      answer: (request, response) => {
        response.setHeader('Fn-Http-Status', request.headers['x-status'] ?? '200')
        response.end('ok')
      },
    })
    const records: object[] = []
    fn.calls$.subscribe(record => records.push(record))
    await (await fn.invoke()).text()
    await (await fn.invoke({ headers: { 'x-status': '404' } })).text()
    await expect(fn.invoke({ headers: { 'x-status': 'nonsense' } })).rejects.toThrow()
    await fn.close()
    expect(records).toMatchObject([
      { image: 'function-0', isCold: true, status: 200, error: undefined },
      { isCold: false, status: 404, error: undefined },
      { isCold: false, status: undefined, error: 'ERR_COOKIETIN_RESPONSE_INVALID' },
    ])
  })
})

describe('minContainers', () => {
  it('starts them at once, replaces those that end, and keeps them from being evicted', async () => {
    const { make, containers, scheduler } = setup({ concurrency: 3 })
    const fn = make({}, { minContainers: 2, idleTimeout: 1 })
    await fn.prewarm(2)
    expect([fn.size, containers.length]).toEqual([2, 2])
    await containers[0]?.exit()
    await expect.poll(() => containers.length).toBe(3)
    await fn.prewarm(2)
    const held = deferred<void>()
    for (const id of ['a', 'b']) scheduler.add({ id, priority: 0, demand: { memory: 0, cpus: 0 } }, () => held.promise)
    expect([scheduler.pending, scheduler.waiting, fn.size]).toEqual([3, 1, 2])
    held.resolve()
  })

  it('is refused above maxContainers', () => {
    expect(() => setup().make({}, { minContainers: 3, maxContainers: 2 })).toThrow('minContainers: 3 is not allowed')
  })
})
