import { EMPTY, type Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { SimulatedClock } from 'xstate'
import { resultJson } from '../../../src/cli/output/result-json.ts'
import { type ContainerEvents, createDriver, type EngineContainer } from '../../../src/driver/engine.ts'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import { CookietinError } from '../../../src/index.ts'

const forEver: MockRun = { runFor: Number.POSITIVE_INFINITY, stdout: 'begun' }
const invalidState = { code: 'ERR_COOKIETIN_INVALID_STATE' }

async function cookieOf(run: MockRun, task: { timeout?: number } = {}) {
  const clock = new SimulatedClock()
  const driver = createMockDriver(run, { clock })
  return { clock, driver, cookie: await driver.createCookie({ image: 'mock', ...task }) }
}

describe('the usage of a run', () => {
  it('is what the engine tells of it, and empty where it tells nothing', async () => {
    const usages = [{ cpuMs: 12.5, memoryPeak: 4096 }, { cpuMs: 3 }, undefined].map(async usage => {
      const cookie = await createMockDriver(usage === undefined ? {} : { usage }).createCookie({ image: 'mock' })
      const { wait } = await cookie.run()
      const result = await wait()
      await cookie.close()
      return [result.usage, JSON.parse(resultJson(result)).usage]
    })
    expect(await Promise.all(usages)).toEqual([
      [
        { cpuMs: 12.5, memoryPeak: 4096 },
        { cpuMs: 12.5, memoryPeak: 4096 },
      ],
      [{ cpuMs: 3 }, { cpuMs: 3 }],
      [{}, {}],
    ])
  })
})

describe('prepare', () => {
  it('resolves at once when it is done, also through the driver', async () => {
    const { cookie, driver } = await cookieOf({})
    await Promise.all([cookie.prepare(), driver.prepareCookie(cookie)])
    await cookie.prepare()
    expect([cookie.state, driver.calls.map(({ call }) => call)]).toEqual(['prepared', ['prepare']])
  })

  it('rejects with the error, and the cookie has failed', async () => {
    const prepareError = new CookietinError('ERR_COOKIETIN_REGISTRY_UNREACHABLE', 'down', { retryable: true })
    const { cookie } = await cookieOf({ prepareError })
    await expect(cookie.prepare()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_REGISTRY_UNREACHABLE',
      cookieId: cookie.id,
    })
    expect(cookie.state).toBe('failed')
    await expect(cookie.run()).rejects.toMatchObject(invalidState)
  })

  it('is cancelled by its signal', async () => {
    const { cookie, driver } = await cookieOf({ hangOn: 'prepare' })
    const controller = new AbortController()
    const preparing = cookie.prepare({ signal: controller.signal })
    controller.abort('enough')
    await expect(preparing).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED', cause: 'enough' })
    await cookie.close()
    expect(driver.remaining).toEqual([])
  })
})

describe('run', () => {
  it('with an aborted signal resolves with a wait for a cancelled run, as in Fn', async () => {
    const { cookie } = await cookieOf(forEver)
    const { wait } = await cookie.run({ signal: AbortSignal.abort('never') })
    expect(await wait()).toMatchObject({
      status: 'cancelled',
      error: { cause: 'never' },
      exitCode: undefined,
      stdout: '',
    })
  })

  it('runs once however often it is called, and each wait may be cancelled', async () => {
    const { cookie, driver } = await cookieOf(forEver)
    const [first, second] = await Promise.all([cookie.run(), cookie.run()])
    expect(second).toBe(first)
    const controller = new AbortController()
    const waits = [first.wait(), first.wait({ signal: controller.signal })]
    controller.abort()
    const [one, two] = await Promise.all(waits)
    expect([one, one?.status]).toEqual([two, 'cancelled'])
    expect(driver.calls.filter(({ call }) => call === 'start')).toHaveLength(1)
  })

  it('rejects when the implementation fails at the start, and so does every later wait', async () => {
    const { cookie } = await cookieOf({ startError: new CookietinError('ERR_COOKIETIN_NO_SPACE', 'full') })
    await expect(cookie.run()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NO_SPACE', cookieId: cookie.id })
  })
})

describe('the timeout', () => {
  it('stands still while the cookie is frozen', async () => {
    const { cookie, clock } = await cookieOf(forEver, { timeout: 1_000 })
    const { wait } = await cookie.run()
    clock.increment(900)
    await cookie.freeze()
    clock.increment(1_000_000)
    await cookie.unfreeze()
    clock.increment(99)
    expect(cookie.state).toBe('running')
    clock.increment(1)
    const result = await wait()
    expect(result).toMatchObject({
      status: 'timeout',
      exitCode: 137,
      stdout: 'begun',
      error: { code: 'ERR_COOKIETIN_TIMEOUT' },
    })
    expect(result.timings).toMatchObject({ running: 1_000, frozen: 1_000_000 })
  })
})

describe('freeze', () => {
  it('rejects with the reason of the engine, and the cookie runs on', async () => {
    const { cookie } = await cookieOf({
      ...forEver,
      pauseError: new CookietinError('ERR_COOKIETIN_ENGINE_ERROR', 'no freezer'),
    })
    await cookie.run()
    await expect(cookie.freeze()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_ERROR', cookieId: cookie.id })
    expect(cookie.state).toBe('running')
  })

  it('rejects when an unfreeze comes before its end', async () => {
    const { cookie } = await cookieOf(forEver)
    await cookie.run()
    const freezing = cookie.freeze()
    const thawing = cookie.unfreeze()
    await expect(freezing).rejects.toMatchObject(invalidState)
    await thawing
    expect(cookie.state).toBe('running')
  })

  it.each(['created', 'prepared', 'closed'])('is refused while the cookie is %s', async state => {
    const { cookie } = await cookieOf({})
    if (state === 'prepared') await cookie.prepare()
    if (state === 'closed') await cookie.close()
    await expect(cookie.freeze()).rejects.toMatchObject(invalidState)
    await expect(cookie.unfreeze()).rejects.toMatchObject(invalidState)
    expect(cookie.state).toBe(state)
  })
})

describe('the end', () => {
  it('kill and cancel work before the run, and resolve after its end', async () => {
    const killed = await cookieOf({})
    await killed.cookie.kill()
    await killed.cookie.kill()
    expect(killed.cookie.state).toBe('killed')
    const cancelled = await cookieOf({})
    await cancelled.cookie.prepare()
    await cancelled.cookie.cancel()
    await cancelled.cookie.cancel()
    expect(cancelled.cookie.state).toBe('cancelled')
  })

  it('close ends the run, completes every stream, and returns one promise', async () => {
    const driver = createMockDriver(forEver)
    const cookie = await driver.createCookie({ image: 'mock' })
    const { wait } = await cookie.run()
    const completed: string[] = []
    for (const name of ['state$', 'transitions$', 'stats$'] as const) {
      ;(cookie[name] as Observable<unknown>).subscribe({ complete: () => completed.push(name) })
    }
    const closing = cookie.close()
    expect(cookie.close()).toBe(closing)
    await closing
    expect((await wait()).status).toBe('cancelled')
    expect([cookie.state, completed.sort()]).toEqual(['closed', ['state$', 'stats$', 'transitions$']])
    const late: string[] = []
    cookie.state$.subscribe({ next: state => late.push(state), complete: () => late.push('complete') })
    expect(late).toEqual(['closed', 'complete'])
  })

  it('driver.close() closes every cookie and refuses new ones', async () => {
    const driver = createMockDriver(forEver)
    const cookies = await Promise.all([1, 2, 3].map(() => driver.createCookie({ image: 'mock' })))
    await cookies[0]?.run()
    await driver.close()
    expect(cookies.map(({ state }) => state)).toEqual(['closed', 'closed', 'closed'])
    expect(driver.remaining).toEqual([])
    await expect(driver.createCookie({ image: 'mock' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
  })

  it('close() and driver.close() reject when a removal fails, and name the rest', async () => {
    const removeError = new CookietinError('ERR_COOKIETIN_NOT_CLEANED', 'busy', { leaked: ['mock-1'] })
    const driver = createMockDriver({ removeError })
    const cookie = await driver.createCookie({ image: 'mock' })
    const driverClosing = driver.close()
    await expect(cookie.close()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED', leaked: ['mock-1'] })
    await expect(driverClosing).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED', leaked: ['mock-1'] })
  })
})

it('an exit that is seen, and never reported, is no result', async () => {
  const container = stubContainer()
  const clock = new SimulatedClock()
  const cookie = await createDriver(
    { name: 'stub', container: () => container, close: async () => {} },
    { clock },
  ).createCookie({
    image: 'stub',
  })
  const { wait } = await cookie.run()
  const result = wait()
  container.events?.exitSeen()
  void cookie.cancel()
  await new Promise(resolve => setImmediate(resolve))
  clock.increment(20_000)
  await expect(result).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_ENGINE_LOST',
    message: expect.stringContaining('did not report how'),
    leaked: ['stub-container'],
  })
  await cookie.close()
})

/** A container whose exit is seen, and whose engine then says nothing more. */
function stubContainer(): EngineContainer & { events?: ContainerEvents } {
  const done = async () => {}
  return {
    name: 'stub-container',
    options: {},
    stats$: EMPTY,
    prepare: done,
    async start(_streams, events) {
      this.events = events
    },
    wait: () => new Promise(() => {}),
    pause: done,
    unpause: done,
    kill: done,
    remove: done,
  }
}
