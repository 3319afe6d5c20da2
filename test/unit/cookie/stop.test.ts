import { expect, it } from 'vitest'
import { SimulatedClock } from 'xstate'
import { createDriver } from '../../../src/driver/engine.ts'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import { createExecutor } from '../../../src/index.ts'

const forEver: MockRun = { runFor: Number.POSITIVE_INFINITY }
const grace = { image: 'any', timeout: 1_000, stopGrace: 300 }
const callsOf = (driver: ReturnType<typeof createMockDriver>) => driver.calls.map(({ call }) => call)

it('gives the exit code of a program that was asked to end, and the first cause', async () => {
  const clock = new SimulatedClock()
  const asked: string[] = []
  const onSignal = (name: string) => {
    asked.push(name)
    return 0
  }
  const driver = createMockDriver({ ...forEver, onSignal }, { clock })
  const cookie = await driver.createCookie({ ...grace, stopSignal: 'int' })
  const { wait } = await cookie.run()
  clock.increment(1_000)
  expect(await wait()).toMatchObject({ status: 'timeout', exitCode: 0 })
  expect([asked, callsOf(driver)]).toEqual([['SIGINT'], ['prepare', 'start', 'signal']])
  await driver.close()
})

it('kills a program that ignores the signal, at its grace or at a second request', async () => {
  for (const second of ['cancel', 'kill', undefined] as const) {
    const clock = new SimulatedClock()
    const driver = createMockDriver({ ...forEver, onSignal: () => undefined }, { clock })
    const cookie = await driver.createCookie(grace)
    const { wait } = await cookie.run()
    void cookie.cancel('enough')
    expect(cookie.state).toBe('terminating')
    if (second === undefined) clock.increment(300)
    else void cookie[second]()
    expect(await wait()).toMatchObject({ status: 'cancelled', exitCode: 137, error: { cause: 'enough' } })
    await driver.close()
  }
})

it('leaves a program its time when the same signal aborts several waits, and at a close', async () => {
  const clock = new SimulatedClock()
  const driver = createMockDriver({ ...forEver, onSignal: () => undefined }, { clock })
  const { signal, abort } = ((controller = new AbortController()) => ({
    signal: controller.signal,
    abort: () => controller.abort(),
  }))()
  const cookie = await driver.createCookie(grace, { signal })
  const { wait } = await cookie.run({ signal })
  const result = wait({ signal })
  abort()
  const closed = cookie.close()
  expect(cookie.state).toBe('terminating')
  clock.increment(300)
  expect((await result).status).toBe('cancelled')
  await closed
  await driver.close()
})

it('thaws a frozen program for its signal only where it is asked to', async () => {
  for (const thaw of [false, true]) {
    const driver = createMockDriver({ ...forEver, onSignal: () => 7 })
    const cookie = await driver.createCookie(grace)
    const { wait } = await cookie.run()
    await cookie.freeze()
    await expect(cookie.signal('SIGUSR1')).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    void cookie.cancel(undefined, { thaw })
    expect((await wait()).exitCode).toBe(thaw ? 7 : 137)
    expect(callsOf(driver).slice(2)).toEqual(thaw ? ['pause', 'unpause', 'signal'] : ['pause', 'kill'])
    await driver.close()
  }
})

it('sends any signal on request, and refuses what is none', async () => {
  const driver = createMockDriver({ ...forEver, onSignal: name => (name === 'SIGUSR2' ? 0 : undefined) })
  await using executor = createExecutor({ driver })
  const execution = executor.run({ image: 'any' })
  await expect(execution.signal('USR2')).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
  await new Promise<void>(resolve => execution.state$.subscribe(state => state === 'running' && resolve()))
  for (const bad of ['', 'SIGNOPE', 0, 99]) {
    await expect(execution.signal(bad)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
  }
  expect(() => execution.cancel('', { stopGrace: -1 })).toThrow('stopGrace')
  await execution.signal(10)
  await execution.signal('usr2')
  expect((await execution).status).toBe('success')
  await driver.close()
})

it("takes the executor's stop for tasks without one, and gives it again at the first forced close only", async () => {
  const asked: string[] = []
  const driver = createMockDriver({
    ...forEver,
    onSignal: name => {
      asked.push(name)
      return undefined
    },
  })
  const executor = createExecutor({ driver, stopGrace: 60_000, stopSignal: 'SIGQUIT' })
  const runs = [executor.run({ image: 'any' }), executor.run({ image: 'any', stopGrace: 0 })]
  for (const run of runs) {
    await new Promise<void>(resolve => run.state$.subscribe(state => state === 'running' && resolve()))
  }
  void executor.close({ force: true })
  expect((await runs[1])?.exitCode).toBe(137)
  expect([runs[0]?.state, asked]).toEqual(['terminating', ['SIGQUIT']])
  await executor.close({ force: true })
  expect((await runs[0])?.status).toBe('cancelled')
  await driver.close()
})

it('kills at once on an engine without signals, and says that it has none', async () => {
  const mock = createMockDriver(forEver)
  const driver = createDriver({
    name: 'own',
    container: task => Object.assign(mock.engine.container(task), { signal: undefined }),
    close: async () => {},
  })
  const cookie = await driver.createCookie(grace)
  const { wait } = await cookie.run()
  await expect(cookie.signal('SIGTERM')).rejects.toThrow('sends no signals')
  void cookie.cancel('', { stopGrace: 1_000 })
  expect(cookie.state).toBe('stopping')
  expect((await wait()).exitCode).toBe(137)
  await driver.close()
})
