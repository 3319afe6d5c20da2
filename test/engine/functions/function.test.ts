import { once } from 'node:events'
import { Writable } from 'node:stream'
import { filter, firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { DockerEngineDriver } from '../../../src/driver/docker-driver.ts'
import { setup, transition } from './setup.ts'

const collect = () => {
  let text = ''
  const writable = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
      writable.emit('heard')
    },
  })
  const heard = async (pattern: RegExp) => {
    while (!pattern.test(text)) await once(writable, 'heard')
  }
  return { writable, text: () => text, heard }
}

describe('a call', () => {
  it('reaches the function as Fn sends it, and its answer the caller', async () => {
    const { make } = await setup()
    await using echo = make('echo', { memory: '128m', env: { GREETING: 'hi' } })
    const response = await echo.invoke({
      body: JSON.stringify({ status: 201 }),
      headers: { 'X-Asked': 'yes', 'Content-Type': 'application/json', Connection: 'close', TE: 'trailers' },
    })
    const seen = (await response.json()) as {
      headers: Record<string, string>
      env: Record<string, string>
      method: string
      url: string
    }
    expect([seen.method, seen.url]).toEqual(['POST', '/call'])
    expect(seen.headers).toMatchObject({
      'x-asked': 'yes',
      'content-type': 'application/json',
      'fn-call-id': response.headers.get('fn-call-id'),
      'fn-deadline': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      connection: 'keep-alive',
    })
    // Each header is sent once: a gateway wraps those of its client.
    expect([seen.headers.te, seen.headers['fn-http-h-x-asked']]).toEqual([undefined, undefined])
    expect(seen.env).toMatchObject({
      FN_FORMAT: 'http-stream',
      FN_LISTENER: 'unix:/tmp/iofs/lsnr.sock',
      FN_MEMORY: '128',
      GREETING: 'hi',
    })
    expect(response.status).toBe(201)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-calls': '1',
      'x-plain': 'plain',
      'content-type': 'application/json',
    })
    expect(response.headers.get('keep-alive')).toBeNull()
  })

  it('streams 32 MiB in and out, with their length or without', async () => {
    const { make } = await setup()
    await using echo = make('echo')
    const size = 32 * 1024 * 1024
    for (const body of [Buffer.alloc(size, 7), chunksOf(size)]) {
      const response = await echo.invoke({ body, headers: { 'x-raw': '1' } })
      expect((await response.arrayBuffer()).byteLength).toBe(size)
    }
    expect(echo.size).toBe(1)
  })

  it('keeps to the length that its caller states, or ends its container', async () => {
    const { make } = await setup()
    await using echo = make('echo')
    const call = (length: string) =>
      echo.invoke({ body: chunksOf(65_536), headers: { 'Content-Length': length, 'x-raw': '1' } })
    expect((await (await call('65536')).arrayBuffer()).byteLength).toBe(65_536)
    for (const wrong of ['65535', '65537']) {
      await expect(call(wrong)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INPUT_FAILED' })
    }
    expect(await (await echo.invoke()).json()).toMatchObject({ calls: 1 })
  })

  it('has its own log, and no other call has it', async () => {
    const { make } = await setup()
    const between = collect()
    await using echo = make('echo', { stdout: between.writable })
    const [first, second] = [collect(), collect()]
    const ids: (string | null)[] = []
    for (const { writable, heard } of [first, second]) {
      // The log comes another way than the answer, and may be later.
      async function* body() {
        yield 'a'
        await heard(/^(out|err) .*\n(out|err) .*\n/)
      }
      const response = await echo.invoke({ body: body(), stdout: writable, stderr: writable })
      ids.push(response.headers.get('fn-call-id'))
      await response.text()
    }
    await echo.close()
    expect(first.text()).toContain(`out ${ids[0]}`)
    expect(first.text()).not.toContain(ids[1])
    expect(second.text()).toContain(`err ${ids[1]}`)
    expect(between.text()).not.toContain('out')
  })

  it('of a function that says it failed, or ran out of time, rejects and leaves the container', async () => {
    const { make } = await setup()
    await using fdk = make('fdk')
    await expect(fdk.invoke({ body: '{"fail":true}' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_FUNCTION_FAILED',
      message: expect.stringContaining('as requested') as string,
    })
    expect(await (await fdk.invoke({ body: '{}' })).json()).toMatchObject({ calls: 2 })
  })

  it('works for a container that runs as somebody else, with the hardened profile', async () => {
    const { make } = await setup()
    for (const spec of [{ user: '1234:1234' }, { profile: 'hardened' as const }]) {
      await using echo = make('echo', spec)
      expect(await (await echo.invoke()).json()).toMatchObject({ calls: 1 })
    }
  })

  it('to a bad spec or with a bad timeout is refused with every bad field', async () => {
    const { make, executor } = await setup({ memory: '64m' })
    expect(() =>
      make('echo', { freezeAfter: -1, idleTimeout: Number.NaN, maxContainers: 0, maxResponseBody: 'x' }),
    ).toThrow(
      expect.objectContaining({
        code: 'ERR_COOKIETIN_INVALID_TASK',
        issues: ['maxContainers', 'freezeAfter', 'idleTimeout', 'maxResponseBody'].map(
          field => expect.objectContaining({ field }) as object,
        ),
      }) as Error,
    )
    expect(() => make('echo', { memory: '65m' })).toThrow('memory')
    expect(() => executor.function({ image: 'A b' })).toThrow('image')
    const echo = make('echo')
    await expect(echo.invoke({ timeout: 0 })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    await echo.close()
    await expect(echo.invoke()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
  })
})

describe('Fn’s own kit, unmodified', () => {
  it.each([1, 8])('serves 1 000 calls, %i at once, with frozen spells between', async lanes => {
    const { make, executor } = await setup({ concurrency: 4 })
    await using fdk = make('fdk', { freezeAfter: 20 })
    const ids = new Set<string>()
    let next = 0
    const lane = async (end: number) => {
      while (next < end) {
        const call = next++
        const before = Date.now()
        const response = await fdk.invoke({
          body: JSON.stringify({ echo: call }),
          headers: { 'Fn-Http-H-X-Asked': `call ${call}` },
          timeout: 20_000,
        })
        const seen = (await response.json()) as { echo: number; callId: string; deadline: string; header: string }
        expect(seen).toMatchObject({ echo: call, header: `call ${call}`, callId: response.headers.get('fn-call-id') })
        const deadline = Date.parse(seen.deadline)
        expect(deadline).toBeGreaterThanOrEqual(before + 20_000)
        expect(deadline).toBeLessThanOrEqual(Date.now() + 20_000)
        ids.add(seen.callId)
      }
    }
    for (let end = 100; end <= 1_000; end += 100) {
      const frozen = transition(executor, ({ to }) => to === 'frozen')
      await Promise.all(Array.from({ length: lanes }, () => lane(end)))
      await frozen
    }
    expect(ids.size).toBe(1_000)
    expect(fdk.size).toBeLessThanOrEqual(4)
  })
})

function* chunksOf(size: number) {
  for (let sent = 0; sent < size; sent += 65_536) yield Buffer.alloc(65_536, 7)
}

it('a function with spare containers starts its program in one of them, which has its socket already', async () => {
  const { driver, make } = await setup()
  const events: string[] = []
  ;(driver as DockerEngineDriver).engine.transitions$.subscribe(
    ({ machine, event }) => machine === 'adoption' && events.push(event),
  )
  const echo = make('echo', { spares: 2, freezeAfter: 0 })
  const { spares$ } = driver as DockerEngineDriver
  const ready = (count: number) => firstValueFrom(spares$.pipe(filter(usage => usage.ready === count)))
  await ready(2)
  for (const body of ['one', 'two']) expect(await (await echo.invoke({ body })).text()).toContain(body)
  await ready(2)
  const both = await Promise.all(['a', 'b', 'c'].map(body => echo.invoke({ body })))
  expect(both.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(events.slice(0, 2)).toEqual(['adopt', 'adopt'])
  await echo.close()
})
