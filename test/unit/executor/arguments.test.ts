import { expect, it } from 'vitest'
import { createDriver, engineConformance } from '../../../src/driver/engine.ts'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { createMockEngine } from '../../../src/engines/mock/engine.ts'
import { createHistory } from '../../../src/history/index.ts'
import { CookietinError, createExecutor } from '../../../src/index.ts'
import { startRecording } from '../../../src/inspector/index.ts'
import { startTelemetry } from '../../../src/telemetry/index.ts'
import { setup } from '../functions/setup.ts'

// What is no argument for a public function is refused with a code. Options of null are those that are left out.

const wrong = (value: unknown) => value as never
const invalid = /^ERR_COOKIETIN_INVALID_(TASK|CONFIG)$/
const driver = createMockDriver({ '*': { stdout: 'hi' } })
const executor = createExecutor({ driver })

/** Returns how a call fails: its error, or undefined. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

const required: Record<string, (value?: unknown) => unknown> = {
  createExecutor: value => createExecutor(wrong(value)),
  'executor.function': value => executor.function(wrong(value)),
  'executor.run': value => executor.run(wrong(value)),
  'executor.template': value => executor.template(wrong(value), { spares: 1 }),
  'driver.createCookie': value => driver.createCookie(wrong(value)),
  'driver.prepareCookie': value => driver.prepareCookie(wrong(value)),
  createDriver: value => createDriver(wrong(value)),
  createHistory: value => createHistory(wrong(value)),
  engineConformance: value => engineConformance(wrong(value)),
  startRecording: value => startRecording(wrong(value)),
}

for (const [name, call] of Object.entries(required)) {
  it.each([undefined, null, 5, true, {}, [], Promise.resolve({})])(`${name} refuses %s`, async value => {
    const error = await failureOf(() => call(value))
    expect(error).toBeInstanceOf(CookietinError)
    expect((error as CookietinError).code).toMatch(invalid)
  })
}

const optional: Record<string, (options: never) => unknown> = {
  'executor.run': options => executor.run({ image: 'x' }, options),
  'driver.createCookie': options => driver.createCookie({ image: 'x' }, options),
  'driver.prepareCookie': async options => driver.prepareCookie(await driver.createCookie({ image: 'x' }), options),
  'cookie.prepare': async options => (await driver.createCookie({ image: 'x' })).prepare(options),
  'cookie.run': async options => {
    const { wait } = await (await driver.createCookie({ image: 'x' })).run(options)
    await wait(options)
  },
  'cookie.cancel': async options => (await driver.createCookie({ image: 'x' })).cancel('done', options),
  'execution.cancel': async options => {
    const run = executor.run({ image: 'x' })
    run.cancel('done', options)
    await run
  },
  createDriver: async options => (await createDriver(createMockEngine({}), options).createCookie({ image: 'x' })).id,
  createMockDriver: options => createMockDriver({}, options),
  startTelemetry: options => startTelemetry(options).close(),
  'history.list': options => withHistory(history => history.list(options)),
  'history.listCalls': options => withHistory(history => history.listCalls(options)),
  'history.prune': options => withHistory(history => history.prune(options)),
  'fn.invoke': async options => {
    const { make } = setup()
    await using fn = make({ answer: (_, response) => response.end('hi') })
    expect(await (await fn.invoke(options)).text()).toBe('hi')
  },
}

async function withHistory(use: (history: Awaited<ReturnType<typeof createHistory>>) => Promise<unknown>) {
  await using history = await createHistory({ path: ':memory:' })
  await use(history)
}

for (const [name, call] of Object.entries(optional)) {
  it.each([undefined, null])(`${name} takes options of %s as none`, async options => {
    expect(await failureOf(() => call(wrong(options)))).toBeUndefined()
  })
}

it.each([5, 'x', [], { nope: 1 }])('a cancel refuses %s as its options', async stop => {
  const cookie = await driver.createCookie({ image: 'x' })
  expect(() => cookie.cancel('done', wrong(stop))).toThrow('options')
  await cookie.close()
})

it('takes a writable whose methods return nothing', async () => {
  const written: string[] = []
  const stdout = {
    write: (chunk: Uint8Array) => written.push(String(chunk)) > 0,
    ...{ once() {}, on() {}, off() {}, end() {} },
  }
  const { status } = await executor.run({ image: 'x', stdout: wrong(stdout) })
  expect([status, written.join('')]).toEqual(['success', 'hi'])
})
