import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { Subject, toArray } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { createMockDriver, type MockScript } from '../../../src/driver/testing.ts'
import {
  createExecutor,
  decimate,
  decimateSink,
  type ExecutorOptions,
  encodeStats,
  type Stat,
} from '../../../src/index.ts'

// What a caller does wrong is a rejection with a code: nothing hangs, nothing is thrown elsewhere, nothing is left.

const elsewhere: unknown[] = []
const note = (error: unknown) => elsewhere.push(error)
beforeEach(() => {
  process.on('uncaughtException', note).on('unhandledRejection', note)
})
afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve))
  process.off('uncaughtException', note).off('unhandledRejection', note)
  expect(elsewhere.splice(0)).toEqual([])
})

const setup = (script: MockScript = {}, options: Omit<ExecutorOptions, 'driver'> = {}) => {
  const driver = createMockDriver(script)
  return { driver, executor: createExecutor({ driver, ...options }) }
}
const forEver = { runFor: Number.POSITIVE_INFINITY }
const wrong = <T>(value: unknown) => value as T

describe('an input that breaks before anybody reads it', () => {
  it('fails the run, of which nothing is created', async () => {
    const { driver, executor } = setup({ slow: forEver, '*': { echoInput: true } }, { concurrency: 1 })
    const first = executor.run({ image: 'slow' })
    const missing = createReadStream('/no/such/file')
    const queued = executor.run({ image: 'a', input: missing })
    await new Promise<void>(resolve => missing.once('close', () => resolve()))
    first.cancel()
    await first
    await expect(queued).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INPUT_FAILED' })
    await executor.close()
    expect(driver.calls.filter(({ id, call }) => id === queued.id && call !== 'remove')).toEqual([])
  })

  it('does not matter to a run that was cancelled before', async () => {
    const { executor } = setup(forEver, { concurrency: 1 })
    const input = new Readable({ read() {} })
    const queued = executor.run({ image: 'b', input }, { signal: AbortSignal.abort() })
    expect((await queued).status).toBe('cancelled')
    input.destroy(new Error('late'))
    await executor.close()
  })
})

describe('a value that is not a signal', () => {
  it.each([new AbortController(), 'x', 5, {}])('is refused: %s', async signal => {
    const { driver, executor } = setup(forEver)
    await expect(executor.run({ image: 'a' }, { signal: wrong(signal) })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      issues: [{ field: 'signal', allowed: 'an AbortSignal' }],
    })
    const refused = { code: 'ERR_COOKIETIN_INVALID_TASK' }
    await expect(driver.createCookie({ image: 'a' }, { signal: wrong(signal) })).rejects.toMatchObject(refused)
    const cookie = await driver.createCookie({ image: 'a' })
    await expect(driver.prepareCookie(cookie, { signal: wrong(signal) })).rejects.toMatchObject(refused)
    await expect(cookie.run({ signal: wrong(signal) })).rejects.toMatchObject(refused)
    expect(cookie.state).toBe('created')
    const { wait } = await cookie.run()
    await expect(wait({ signal: wrong(signal) })).rejects.toMatchObject(refused)
    expect(cookie.state).toBe('running')
    await executor.close()
    await driver.close()
    expect(driver.remaining).toEqual([])
  })

  it.each([null, undefined])('is none: %s', async nothing => {
    const { executor } = setup()
    expect((await executor.run({ image: 'a' }, { signal: wrong(nothing) })).status).toBe('success')
    expect((await executor.run({ image: 'a' }, wrong(nothing))).status).toBe('success')
    await executor.close()
  })
})

it.each([
  { maxOutput: NaN },
  { maxOutput: 'x' },
  { maxOutput: -5 },
  { killOnMaxOutput: 'no' },
  { maxStats: -1 },
  { maxStats: NaN },
  { statExtremes: 5 },
  { maxOutputs: 1 },
  5,
])('an option of a cookie that is none is refused before anything is made: %j', async options => {
  const { driver, executor } = setup()
  await expect(driver.createCookie({ image: 'a' }, wrong(options))).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_CONFIG',
  })
  expect(driver.calls).toEqual([])
  await executor.close()
})

it('null is no option, and what is missing is refused with a code', async () => {
  const { driver, executor } = setup()
  const cookie = await driver.createCookie({ image: 'a' }, wrong(null))
  await cookie.close()
  await expect(driver.prepareCookie(wrong({}))).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
  for (const nothing of [undefined, null, 5]) {
    expect(() => executor.function(wrong(nothing))).toThrow('Invalid task: spec')
  }
  await executor.close(wrong(null))
})

it('a writable whose on() returns nothing is written to', async () => {
  const { executor } = setup({ stdout: 'hi' })
  let written = ''
  const listeners = () => {}
  const stdout = {
    write(chunk: Uint8Array, done?: () => void) {
      written += Buffer.from(chunk).toString()
      if (typeof done === 'function') done()
      return true
    },
    ...{ on: listeners, once: listeners, off: listeners, end: listeners },
  }
  expect((await executor.run({ image: 'a', stdout: wrong(stdout) })).status).toBe('success')
  expect(written).toBe('hi')
  await executor.close()
})

it('the signal of a cookie cancels it while it runs', async () => {
  const { driver } = setup(forEver)
  const abort = new AbortController()
  const cookie = await driver.createCookie({ image: 'a' }, { signal: abort.signal })
  const { wait } = await cookie.run()
  abort.abort('enough')
  expect(await wait()).toMatchObject({ status: 'cancelled', error: { message: 'The task was cancelled: enough' } })
  await driver.close()
})

describe('an id', () => {
  it('can be used again as soon as the result of its run is there', async () => {
    const { driver, executor } = setup({ stdout: 'hi' })
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await executor.run({ image: 'a', id: 'job' })).status).toBe('success')
    }
    await executor.close()
    const order = driver.calls.map(({ call }) => call).filter(call => call === 'prepare' || call === 'remove')
    expect(order).toEqual(['prepare', 'remove', 'prepare', 'remove', 'prepare', 'remove'])
  })

  it('is refused while another run has it, until that run is being closed', async () => {
    const { driver, executor } = setup()
    const conflict = { code: 'ERR_COOKIETIN_NAME_CONFLICT' }
    const run = executor.run({ image: 'a', id: 'job' })
    await expect(executor.run({ image: 'a', id: 'job' })).rejects.toMatchObject(conflict)
    await run
    const cookie = await driver.createCookie({ image: 'a', id: 'other' })
    await (await cookie.run()).wait()
    await expect(driver.createCookie({ image: 'a', id: 'other' })).rejects.toMatchObject(conflict)
    await cookie.close()
    await executor.close()
    await driver.close()
  })

  it('of a run that waits for the removal of the one before can be cancelled', async () => {
    const { driver, executor } = setup({ hangOn: 'remove' })
    await executor.run({ image: 'a', id: 'job' })
    const second = executor.run({ image: 'a', id: 'job' })
    await new Promise(resolve => setImmediate(resolve))
    expect(second.state).toBe('preparing')
    second.cancel()
    expect((await second).status).toBe('cancelled')
    expect(driver.calls.filter(({ call }) => call === 'prepare')).toHaveLength(1)
  })
})

describe('runAll over a source that waits for ever', () => {
  async function* waiting(...images: readonly string[]) {
    for (const image of images) yield { image }
    await new Promise(() => {})
  }

  it('is left at once', async () => {
    const { executor } = setup()
    for await (const { status } of executor.runAll(waiting('a'))) {
      expect(status).toBe('success')
      break
    }
    await executor.close()
  })

  it('rejects with the first failure', async () => {
    const { executor } = setup({ bad: { startError: new Error('no') } })
    const results = executor.runAll(waiting('bad'))
    await expect(results.next()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_ERROR' })
    await executor.close()
  })

  it.each([undefined, null, {}, 'ab', 5])('and over %s is refused', async tasks => {
    const { executor } = setup()
    await expect(executor.runAll(wrong(tasks)).next()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    await executor.close()
  })
})

describe('an inspector', () => {
  it.each(['of the first event', 'of an exit'])('that throws %s is disabled, and the run continues', async when => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    let told = 0
    const inspect = (event: InspectionEvent) => {
      told++
      if (when === 'of the first event' || ('event' in event && event.event.type === 'exited')) throw new Error('mine')
    }
    const { executor } = setup({ stdout: 'hi' }, { inspect })
    expect((await executor.run({ image: 'a' })).status).toBe('success')
    const before = told
    expect((await executor.run({ image: 'a' })).status).toBe('success')
    await executor.close()
    expect(told).toBe(before)
    const detail = expect.stringContaining('mine') as string
    expect(warn.mock.calls).toEqual([[expect.any(String), { code: 'COOKIETIN_INSPECTOR', detail }]])
  })

  it('that is none is refused', async () => {
    const driver = createMockDriver({})
    const refused = expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_CONFIG' }) as Error
    expect(() => createExecutor({ driver, inspect: wrong(5) })).toThrow(refused)
    await expect(driver.createCookie({ image: 'a' }, { inspect: wrong({}) })).rejects.toThrow(refused)
  })
})

it('options that an executor does not have are refused, with the one that was meant', () => {
  const driver = createMockDriver({})
  expect(() => createExecutor(wrong({ driver, concurency: 3 }))).toThrow(
    /concurency: .* it must be given as concurrency/,
  )
  expect(() => createExecutor(wrong(undefined))).toThrow(/options: undefined is not allowed/)
  expect(() => createExecutor({ driver, statExtremes: wrong('yes') })).toThrow(/statExtremes/)
})

it('any reason for a cancel will do', async () => {
  const { executor } = setup(forEver)
  for (const reason of [Object.create(null), Symbol('s'), { a: 1 }, null, 10n]) {
    const execution = executor.run({ image: 'a' })
    execution.cancel(reason)
    const { status, error } = await execution
    expect([status, error?.cause]).toEqual(['cancelled', reason])
  }
  await executor.close()
})

describe('a mock script', () => {
  it('with a misspelt field is refused', async () => {
    const refusal = /script\["a"\]\.exitcode: .* given as exitCode/
    expect(() => createMockDriver({ a: wrong({ exitcode: 4 }) })).toThrow(refusal)
    expect(() => createMockDriver(wrong({ exitcode: 4 }))).toThrow('script["exitcode"]')
    expect(() => createMockDriver(wrong(null))).toThrow('script')
    for (const script of [() => wrong<object>({ exitcode: 4 }), async () => ({ exitCode: 4 })]) {
      const { executor } = setup(wrong(script))
      await expect(executor.run({ image: 'a' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
      await executor.close()
    }
  })

  it('emits samples for the shortest of runs', async () => {
    const stats = [
      { timestamp: 1, metrics: { a: 1 } },
      { timestamp: 2, metrics: { a: 3 } },
    ]
    const { executor } = setup({ stats })
    expect((await executor.run({ image: 'a' })).stats).toEqual(stats)
    await executor.close()
  })
})

describe('a value that is not a sample', () => {
  const refused = expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_STATS' }) as Error

  it.each([null, [null], [null, null], [{}], [5], 'x'])('is refused: %j', stats => {
    expect(() => encodeStats(wrong(stats))).toThrow(refused)
    expect(() => decimate(1, wrong(stats))).toThrow(refused)
  })

  it('is an error of the sink', () => {
    const source = new Subject<Stat>()
    const seen: unknown[] = []
    source.pipe(decimateSink(2), toArray()).subscribe({ error: error => seen.push(error) })
    source.next(wrong(null))
    expect(seen).toEqual([refused])
    expect(source.observed).toBe(false)
  })
})
