import { Readable, Writable } from 'node:stream'
import { firstValueFrom, take, toArray } from 'rxjs'
import { expect, it, vi } from 'vitest'
import { startFunctionWorker } from './functions-setup.ts'
import { setup } from './setup.ts'

const spec = { image: 'greet', freezeAfter: Number.POSITIVE_INFINITY }

it('serves calls on another host, with status, headers, bodies and logs', async () => {
  const { redis, executor } = await setup()
  await startFunctionWorker(redis.path, (request, response) => {
    response.setHeader('X-Given', String(request.headers['x-given']))
    response.setHeader('Fn-Http-Status', '201')
    request.pipe(response)
  })
  const greet = executor.function(spec)
  const records = firstValueFrom(greet.calls$.pipe(take(2), toArray()))
  const logs: string[] = []
  const stdout = new Writable({
    write(chunk, _, done) {
      logs.push(String(chunk))
      done()
    },
  })
  const first = await greet.invoke({ body: 'hi', headers: { 'X-Given': 'yes' }, stdout })
  expect([first.status, first.headers.get('x-given'), await first.text()]).toEqual([201, 'yes', 'hi'])
  const streamed = await greet.invoke({ body: Readable.from(['a', 'b', 'c']) })
  expect(await streamed.text()).toBe('abc')
  const [cold, warm] = await records
  expect(logs).toEqual([`log of ${cold?.id}\n`])
  expect([cold?.isCold, warm?.isCold, cold?.status, typeof cold?.containerId]).toEqual([true, false, 201, 'string'])
  await greet.close()
})

it('sends the whole body to a host that has to be told of the function first', async () => {
  const { redis, executor } = await setup()
  await startFunctionWorker(redis.path, (request, response) => void request.pipe(response))
  const large = 'x'.repeat(200_000)
  for (const [at, body] of [() => Readable.from(['a', 'b']), () => large].entries()) {
    const response = await executor.function({ ...spec, name: `new-${at}` }).invoke({ body: body() })
    expect(await response.text()).toBe(at === 0 ? 'ab' : large)
  }
})

it('streams a large response at the pace of its reader', async () => {
  const { redis, executor } = await setup()
  let sent = 0
  await startFunctionWorker(redis.path, (_, response) => {
    const part = Buffer.alloc(256 * 1024)
    const more = () => {
      while (sent < 48 * 2 ** 20) {
        sent += part.length
        if (!response.write(part)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  })
  const { body } = await executor.function(spec).invoke()
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  let read = (await reader.read()).value?.length ?? 0
  // What is on its way is bounded: the window of the wire, and what the sockets hold.
  await vi.waitFor(() => expect(sent).toBeGreaterThan(4 * 2 ** 20))
  expect(sent).toBeLessThan(24 * 2 ** 20)
  for (let next = await reader.read(); !next.done; next = await reader.read()) read += next.value.length
  expect(read).toBe(48 * 2 ** 20)
})

it('sends the calls of a function to the host where it is warm, and spills over to another one', async () => {
  const { redis, executor } = await setup()
  const waiting: (() => void)[] = []
  const answer = (_: unknown, response: { end(text: string): void }) => void waiting.push(() => response.end('ok'))
  const hosts = await Promise.all(
    ['a', 'b'].map(host => startFunctionWorker(redis.path, answer, { host, functions: 1 })),
  )
  const fn = executor.function(spec)
  for (let round = 0; round < 4; round++) {
    const call = fn.invoke()
    await vi.waitFor(() => expect(waiting.length).toBe(1))
    waiting.pop()?.()
    expect(await (await call).text()).toBe('ok')
  }
  expect(hosts.map(({ started }) => started).toSorted()).toEqual([0, 1])
  const both = [fn.invoke(), fn.invoke()]
  await vi.waitFor(() => expect(waiting.length).toBe(2))
  expect(hosts.map(({ started }) => started)).toEqual([1, 1])
  for (const end of waiting.splice(0)) end()
  await Promise.all(both.map(async call => await (await call).text()))
  await vi.waitFor(() => expect(fn.size).toBe(2))
})

it('rejects what a host refuses, what times out, and what is cancelled', async () => {
  const { redis, executor } = await setup()
  const ends: string[] = []
  const worker = await startFunctionWorker(
    redis.path,
    (_, response) => void response.on('close', () => ends.push('closed')),
    {
      policy: ({ image }) => (image === 'evil' ? 'no' : undefined),
    },
  )
  await expect(executor.function({ image: 'evil' }).invoke()).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_TASK',
    message: expect.stringContaining('one that the worker accepts: no') as string,
  })
  const fn = executor.function(spec)
  await expect(fn.invoke({ timeout: 300 })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CALL_TIMEOUT' })
  const cancel = new AbortController()
  const call = fn.invoke({ signal: cancel.signal })
  await vi.waitFor(() => expect(worker.calls).toBe(2))
  cancel.abort()
  await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
  // Both have ended on their host, too.
  await vi.waitFor(() => expect(ends.length).toBe(2))
})

it('a response that is cut on its host fails its reader', async () => {
  const { redis, executor } = await setup()
  await startFunctionWorker(redis.path, (_, response) => {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('part', () => response.destroy())
  })
  const fn = executor.function(spec)
  const response = await fn.invoke({ body: '' })
  await expect(response.text()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_TRUNCATED' })
})

it('lets a host that drains serve the calls that it has, and sends others elsewhere', async () => {
  const { redis, executor } = await setup()
  const waiting: (() => void)[] = []
  const answer = (_: unknown, response: { end(text: string): void }) => void waiting.push(() => response.end('ok'))
  const first = await startFunctionWorker(redis.path, answer, { host: 'a' })
  const fn = executor.function(spec)
  const call = fn.invoke()
  await vi.waitFor(() => expect(waiting.length).toBe(1))
  const drained = first.close()
  const other = fn.invoke()
  await startFunctionWorker(redis.path, (_, response) => void response.end('other'), { host: 'b' })
  expect(await (await other).text()).toBe('other')
  waiting[0]?.()
  expect(await (await call).text()).toBe('ok')
  await drained
})

it('refuses what other hosts cannot do', async () => {
  const { executor } = await setup()
  for (const wrong of [
    { minContainers: 1 },
    { files: { '/a': { from: '/etc/hostname' } } },
    { files: { '/a': Buffer.alloc(2 ** 21) } },
  ]) {
    expect(() => executor.function({ ...spec, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_TASK' }) as Error,
    )
  }
})

it('starts containers ahead', async () => {
  const { redis, executor } = await setup()
  const worker = await startFunctionWorker(redis.path, (_, response) => void response.end('ok'))
  const fn = executor.function(spec)
  await fn.prewarm(2)
  expect(worker.started).toBe(2)
  await vi.waitFor(() => expect(fn.slots).toEqual({ idle: 2 }))
})

it('a call whose host is lost rejects, and is made again where that is wanted', async () => {
  const outcomes: string[] = []
  for (const onHostLoss of ['fail', 'rerun'] as const) {
    const { redis, executor, spawnFunctionWorker } = await setup({ onHostLoss, lease: 1_000 })
    const child = await spawnFunctionWorker('a')
    const fn = executor.function({ ...spec, timeout: 20_000 })
    const call = fn.invoke({ body: 'again' }).then(response => response.text())
    await new Promise<void>(resolve => child.stdout?.on('data', text => String(text).includes('called') && resolve()))
    child.kill('SIGKILL')
    await startFunctionWorker(redis.path, (request, response) => void request.pipe(response), {
      host: 'b',
      lease: 1_000,
    })
    outcomes.push(await call.catch(error => error.code))
    await executor.close()
  }
  expect(outcomes).toEqual(['ERR_COOKIETIN_HOST_LOST', 'again'])
})
