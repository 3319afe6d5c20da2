import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { HotFunction } from '../../../src/index.ts'
import { setup, transition } from './setup.ts'

const codes: Record<string, string> = {
  'never listens': 'LISTEN_TIMEOUT',
  'exits while it should listen': 'FUNCTION_EXITED',
  'answers nothing': 'CALL_TIMEOUT',
  'closes without an answer': 'RESPONSE_FAILED',
  'resets the connection': 'RESPONSE_FAILED',
  'exits in the call': 'RESPONSE_FAILED',
  'answers garbage': 'RESPONSE_INVALID',
  'cuts its headers': 'RESPONSE_FAILED',
  'does not say where it ends': 'RESPONSE_INVALID',
  'contradicts itself': 'RESPONSE_INVALID',
  'floods its headers': 'RESPONSE_HEADERS_TOO_LARGE',
  'trickles its headers': 'CALL_TIMEOUT',
  'says that its body is huge': 'RESPONSE_TOO_LARGE',
  'never ends to say that it failed': 'RESPONSE_TOO_LARGE',
  'never stops its interim responses': 'RESPONSE_INVALID',
  'switches protocols': 'RESPONSE_INVALID',
  'answers 500': 'RESPONSE_INVALID',
  'answers 302': 'RESPONSE_INVALID',
  'answers a status that is none': 'RESPONSE_INVALID',
  'links out of its folder': 'SOCKET_UNTRUSTED',
  'links up and out': 'SOCKET_UNTRUSTED',
  'links over two hops': 'SOCKET_UNTRUSTED',
  'makes a file': 'SOCKET_UNTRUSTED',
  'makes a folder': 'SOCKET_UNTRUSTED',
  'makes a pipe': 'SOCKET_UNTRUSTED',
}

/** These answer, and break in the middle of it. */
const inBody: Record<string, string> = {
  'cuts its body': 'RESPONSE_TRUNCATED',
  'cuts a chunked body': 'RESPONSE_TRUNCATED',
  'exits in its body': 'RESPONSE_TRUNCATED',
  'trickles its body': 'CALL_TIMEOUT',
  'never ends its body': 'RESPONSE_TOO_LARGE',
}

/** Somebody on this machine whose socket no function may lead us to. */
const victim = createServer(socket => {
  visited = true
  socket.destroy()
})
let visited = false

const home = await mkdtemp(join(tmpdir(), 'cookietin-victim-'))
const victimPath = join(home, 'victim.sock')

beforeAll(() => new Promise<void>(resolve => victim.listen(victimPath, resolve)))
afterAll(async () => {
  await new Promise(resolve => victim.close(resolve))
  await rm(home, { recursive: true })
})
afterEach(() => expect(visited).toBe(false))

const misbehaving = async (way: string) => {
  const { make, containers } = await setup()
  const fn = make('misbehave', {
    env: { WAY: way, VICTIM: victimPath },
    launchTimeout: way === 'never listens' ? 500 : 5_000,
    timeout: 3_000,
    maxResponseBody: '1m',
    freezeAfter: Number.POSITIVE_INFINITY,
  })
  return { fn, containers }
}

/** Short where it is to pass; then nothing but the call itself may take it up. */
async function timeoutOf(fn: HotFunction, code: string): Promise<number> {
  if (code !== 'CALL_TIMEOUT') return 20_000
  await fn.prewarm(1)
  return 800
}

it.each(Object.entries(codes))('a function that %s: %s', async (way, code) => {
  const { fn, containers } = await misbehaving(way)
  await expect(fn.invoke({ body: 'x', timeout: await timeoutOf(fn, code) })).rejects.toMatchObject({
    code: `ERR_COOKIETIN_${code}`,
  })
  await fn.close()
  expect(await containers()).toEqual([])
})

it('what a container wrote before it failed to listen is in the error, unless the function has a log for it', async () => {
  const { make } = await setup()
  const spec = { env: { WAY: 'exits while it should listen' } }
  await expect(make('misbehave', spec).invoke()).rejects.toThrow(
    /with exit code 3\. Its last output:\nError: no flour$/,
  )
  const stderr = new PassThrough({ encoding: 'utf8' })
  await expect(make('misbehave', { ...spec, stderr }).invoke()).rejects.not.toThrow('no flour')
  expect(stderr.read()).toBe('Error: no flour\n')
})

it.each(Object.entries(inBody))('a function that %s: %s, after its headers', async (way, code) => {
  const { fn } = await misbehaving(way)
  const response = await fn.invoke({ body: 'x', timeout: await timeoutOf(fn, code) })
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toMatchObject({ code: `ERR_COOKIETIN_${code}` })
  await fn.close()
})

it('a function that answers whole and exits has answered, however late its caller reads', async () => {
  const { make, executor } = await setup()
  await using fn = make('misbehave', { env: { WAY: 'answers and exits' } })
  const ended = transition(executor, ({ from }) => from === 'running')
  const response = await fn.invoke({ body: 'x', timeout: 20_000 })
  await ended
  expect((await response.text()).length).toBe(100_000)
})

it('the next call gets a fresh container', async () => {
  const { make } = await setup()
  await using fn = make('echo', { timeout: 20_000 })
  const pidOf = async () => ((await (await fn.invoke()).json()) as { calls: number }).calls
  expect([await pidOf(), await pidOf()]).toEqual([1, 2])
  // It ends in the middle of its answer, since the caller does not want the rest.
  const response = await fn.invoke({ body: Buffer.alloc(8 * 1024 * 1024), headers: { 'x-raw': '1' } })
  await response.body?.cancel('enough')
  expect(await pidOf()).toBe(1)
})

it('a socket that is replaced later still leads to the one that was opened, and to nobody else', async () => {
  const { fn } = await misbehaving('replaces its socket')
  const first = await fn.invoke({ body: 'x' })
  expect(await first.text()).toBe('real')
  const second = await fn.invoke({ body: 'x' })
  expect(await second.text()).toBe('real')
  await fn.close()
})

it('a function that fills its folder fills a megabyte, not the disk', async () => {
  const { fn } = await misbehaving('fills its folder')
  const { written, code } = (await (await fn.invoke({ body: 'x' })).json()) as { written: number; code: string }
  expect([written <= 1024 * 1024, code]).toEqual([true, 'ENOSPC'])
  await fn.close()
})

it('a call that breaks its own input ends its container', async () => {
  const { make } = await setup()
  await using fn = make('echo')
  async function* body() {
    yield 'a'
    throw new Error('the disk is gone')
  }
  await expect(fn.invoke({ body: body() })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INPUT_FAILED' })
  expect(await (await fn.invoke()).json()).toMatchObject({ calls: 1 })
})

it('a cancel ends a call that waits, and one that runs', async () => {
  const { make } = await setup({ concurrency: 1 })
  await using fn = make('echo')
  const controller = new AbortController()
  const heard = new PassThrough()
  const running = fn.invoke({ body: '{"wait":60000}', signal: controller.signal, stdout: heard })
  const waiting = fn.invoke({ signal: controller.signal })
  await once(heard, 'data')
  controller.abort('enough')
  for (const call of [running, waiting]) {
    await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: 'enough' })
  }
})
