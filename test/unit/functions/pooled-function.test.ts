import { execFile } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { validateHeaderValue } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { strayCharacter } from '../../../src/functions/http/headers.ts'
import { SocketFolders } from '../../../src/functions/socket/folder.ts'
import { CookietinError, createExecutor } from '../../../src/index.ts'
import { setup } from './setup.ts'

describe('a call that cannot be sent', () => {
  it('is refused with every bad field, and starts no container', async () => {
    const { make } = setup()
    const fn = make({}, { maxContainers: 1 })
    const bad: unknown = {
      headers: { 'x-a': '€', 'x-b': 'a\nb', 'x c': 'd', 'x-e': ['f', 7] },
      body: 42,
      timeout: 0,
      signal: 'now',
      stdout: 'nope',
      stderr: {},
    }
    await expect(fn.invoke(bad as object)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      issues: [
        { field: 'timeout' },
        { field: 'signal' },
        { field: 'stdout' },
        { field: 'stderr' },
        { field: 'body' },
        { field: 'headers["x-a"]', value: "'U+20AC'" },
        { field: 'headers["x-b"]', value: "'U+000A'" },
        { field: 'headers', value: "'x c'" },
        { field: 'headers["x-e"]', value: 'a value of type number' },
      ],
    })
    await expect(fn.invoke({ headers: ['x-a'] as never })).rejects.toThrow('headers')
    expect(fn.size).toBe(0)
    expect(await (await fn.invoke()).text()).toBe('ok')
  })

  it('does not show the value of a header', async () => {
    const fn = setup().make()
    await expect(fn.invoke({ headers: { authorization: 'hunter2\n' } })).rejects.not.toThrow('hunter2')
  })

  it('fails alone where its flaw shows only when it is sent: the container serves on', async () => {
    const { make } = setup()
    const fn = make({}, { maxContainers: 1 })
    await fn.prewarm(1)
    const stderr = {
      write: () => true,
      on: () => {
        throw new Error('no listeners here')
      },
      off: () => {},
    }
    await expect(fn.invoke({ stderr: stderr as never })).rejects.toThrow('no listeners here')
    expect([await (await fn.invoke()).text(), fn.size]).toEqual(['ok', 1])
  })

  it('has the headers that it was made with, also when they change while it waits', async () => {
    const { make } = setup()
    const fn = make({ answer: (request, response) => void response.end(String(request.headers['x-a'])) })
    const headers = { 'x-a': ['one'], 'X-A': ['two'] }
    const call = fn.invoke({ headers })
    headers['x-a'][0] = '€'
    expect(await (await call).text()).toBe('one, two')
  })
})

it('a header’s value is judged as Node.js does', () => {
  for (let code = 0; code < 0x200; code += 1) {
    const value = `a${String.fromCharCode(code)}`
    const judge = () => validateHeaderValue('x', value)
    if (strayCharacter(value) === undefined) expect(judge).not.toThrow()
    else expect(judge).toThrow()
  }
  expect(strayCharacter('a😀')).toBe('U+1F600')
})

it('a function whose task has become invalid rejects each call', async () => {
  const { make, driver } = setup()
  const fn = make()
  const resolve = vi.spyOn(driver, 'resolve').mockImplementation(() => {
    throw new Error('the folder is gone')
  })
  const calls = [fn.invoke(), fn.invoke(), fn.prewarm(1)]
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_ERROR',
      message: 'Cannot launch a container: the folder is gone',
    })
  }
  resolve.mockRestore()
  expect((await fn.invoke()).status).toBe(200)
})

it('an aborted signal rejects the call, and does not change its function', async () => {
  const { make } = setup()
  const fn = make()
  await expect(fn.invoke({ signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_CANCELLED',
    cause: 'enough',
  })
  expect(fn.size).toBe(0)
})

describe('the body of a call that is never sent', () => {
  it('is released when the call ends', async () => {
    const { make } = setup()
    const fn = make({ listens: false })
    const cancel = vi.fn()
    const controller = new AbortController()
    const stream = new Readable({ read() {} })
    const calls = [new ReadableStream({ cancel }), stream].map(body => fn.invoke({ body, signal: controller.signal }))
    controller.abort()
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    expect([cancel.mock.calls.length, stream.destroyed]).toEqual([1, true])
    await fn.close()
    const late = new Readable({ read() {} })
    await expect(fn.invoke({ body: late })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
    expect(late.destroyed).toBe(true)
  })

  it('may break: that ends the call, and not this process', async () => {
    const fn = setup().make({ listens: false })
    await expect(fn.invoke({ body: createReadStream('/no/such/file') })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INPUT_FAILED',
      message: expect.stringContaining('ENOENT') as string,
    })
  })
})

it('a container that could not be removed is named with its folder, which is kept', async () => {
  const temp = mkdtempSync(join(tmpdir(), 'cookietin-test-'))
  vi.stubEnv('TMPDIR', temp)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    for (const path of folders) await promisify(execFile)('umount', ['-l', path]).catch(() => {})
    rmSync(temp, { recursive: true })
  })
  const { make, host, containers } = setup()
  const removeError = new CookietinError('ERR_COOKIETIN_NOT_CLEANED', 'The engine is in a mood', { leaked: ['one'] })
  const fn = make({ run: { removeError } })
  await fn.prewarm(2)
  const folders = containers.map(({ folder }) => folder)
  const error = await fn.close().then(
    () => undefined,
    (error: CookietinError) => error,
  )
  expect(error).toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED' })
  expect(error?.leaked.toSorted()).toEqual([...folders, 'one'].toSorted())
  await host.folders.close()
  expect(folders.filter(path => existsSync(path))).toEqual(folders)
})

it('an executor closes even when its socket folders fail', async () => {
  const failure = new CookietinError('ERR_COOKIETIN_NOT_CLEANED', 'The disk is in a mood', { leaked: ['/tmp/left'] })
  vi.spyOn(SocketFolders.prototype, 'close').mockRejectedValueOnce(failure)
  const executor = createExecutor({ driver: createMockDriver() })
  const complete = vi.fn()
  executor.transitions$.subscribe({ complete })
  await expect(executor.close()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED', leaked: ['/tmp/left'] })
  expect(complete).toHaveBeenCalledOnce()
})
