import { describe, expect, test } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { shortLimits } from '../../support/engine/limits.ts'
import { type Fault, startProxy } from '../../support/engine/proxy.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { checkLeaks } from '../../support/leaks/hooks.ts'

checkLeaks()

/** The calls of a container's life, by their requests. */
const calls = {
  create: /^POST \/containers\/create/,
  wait: /^POST \/containers\/\w+\/wait/,
  attach: /^POST \/containers\/\w+\/attach/,
  start: /^POST \/containers\/\w+\/start/,
  inspect: /^GET \/containers\/\w+\/json/,
  remove: /^DELETE \/containers\//,
}

type Call = keyof typeof calls

/** A fault in the first call of its kind. All other calls work. */
const ok = 'ok'
const table: Record<Call, Partial<Record<Fault, string>>> = {
  // The container is looked up by its name and adopted, or the call is sent again.
  create: {
    cutBefore: ok,
    cutAfter: ok,
    garbage: ok,
    html: ok,
    cutBody: ok,
    error500: 'ENGINE_ERROR',
    redirect: 'ENGINE_PROTOCOL',
  },
  wait: {
    // It changes nothing, so it is sent again.
    cutBefore: ok,
    cutAfter: ok,
    garbage: 'ENGINE_PROTOCOL',
    error500: 'ENGINE_ERROR',
    hang: 'ENGINE_TIMEOUT',
    redirect: 'ENGINE_PROTOCOL',
    // The container is inspected, and waited for again if it runs.
    html: ok,
    cutBody: ok,
  },
  attach: {
    cutBefore: ok,
    cutAfter: ok,
    garbage: 'ENGINE_PROTOCOL',
    html: 'ENGINE_PROTOCOL',
    error500: 'ENGINE_ERROR',
    hang: 'ENGINE_TIMEOUT',
    redirect: 'ENGINE_PROTOCOL',
    // The output is lost, and reported as truncated.
    cutBody: 'truncated',
  },
  start: {
    cutBefore: ok,
    cutAfter: ok,
    garbage: ok,
    html: ok,
    cutBody: ok,
    error500: 'START_FAILED',
    hang: 'ENGINE_TIMEOUT',
    redirect: 'ENGINE_PROTOCOL',
  },
  // The exit code is known without the inspection.
  inspect: { cutBefore: ok, cutAfter: ok, garbage: ok, html: ok, error500: ok, hang: ok, redirect: ok, cutBody: ok },
  remove: {
    cutBefore: ok,
    cutAfter: ok,
    garbage: ok,
    html: ok,
    error500: ok,
    hang: ok,
    redirect: ok,
    cutBody: ok,
  },
}

const rows = Object.entries(table).flatMap(([call, faults]) =>
  Object.entries(faults).map(([fault, outcome]) => [call as Call, fault as Fault, outcome] as const),
)

describe('one fault in one call', () => {
  test.for(rows)('%s, %s: %s', async ([call, fault, outcome]) => {
    await using proxy = await startProxy()
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
    let broken = 0
    proxy.plan = (method, path) => (calls[call].test(`${method} ${path}`) && broken++ === 0 ? fault : undefined)
    const container = driver.container({ command: ['sh', '-c', 'echo hi; sleep 0.2; exit 3'] })

    const seen = await live(container).then(
      ({ exit, stdout }) =>
        exit.exitCode === 3 && stdout === 'hi\n' && !exit.outputTruncated
          ? ok
          : exit.outputTruncated && exit.exitCode === 3
            ? 'truncated'
            : JSON.stringify([exit, stdout]),
      codeOf,
    )
    const removed = await container.remove().then(() => ok, codeOf)

    expect(broken).toBeGreaterThan(0)
    expect(seen).toBe(outcome)
    expect(removed).toBe(ok)
    expect(await driver.leftovers()).toEqual([])
  })
})

test.for(['cutBefore', 'error500', 'hang'] as const)(
  'that memory ran out is known after an inspection with the fault %s',
  async fault => {
    await using proxy = await startProxy()
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
    const runOut = async () => {
      let broken = 0
      proxy.plan = (method, path) => (calls.inspect.test(`${method} ${path}`) && broken++ === 0 ? fault : undefined)
      const container = driver.container({ command: ['tail', '-c', '100000000', '/dev/zero'], memory: '16m' })
      const { exit } = await live(container)
      await container.remove()
      return [broken > 1, exit.exitCode, exit.oomKilled]
    }
    let seen = await runOut()
    // A busy engine may report too late that memory ran out.
    for (let again = 0; again < 5 && !seen[2]; again += 1) seen = await runOut()
    expect(seen).toEqual([true, 137, true])
  },
)

describe('an engine that fails from one call on', () => {
  /** The outcomes of the run, and of the removal while the engine is unreachable. */
  const outcomes: Record<Exclude<Call, 'remove'>, Record<'gone' | 'hung', [life: string, removal: string]>> = {
    create: { gone: ['ENGINE_LOST', 'NOT_CLEANED'], hung: ['ENGINE_TIMEOUT', 'NOT_CLEANED'] },
    wait: { gone: ['ENGINE_UNREACHABLE', 'NOT_CLEANED'], hung: ['ENGINE_TIMEOUT', 'NOT_CLEANED'] },
    attach: { gone: ['ENGINE_UNREACHABLE', 'NOT_CLEANED'], hung: ['ENGINE_TIMEOUT', 'NOT_CLEANED'] },
    start: { gone: ['ENGINE_LOST', 'NOT_CLEANED'], hung: ['ENGINE_TIMEOUT', 'NOT_CLEANED'] },
    inspect: { gone: ['exit 3', 'NOT_CLEANED'], hung: ['exit 3', 'NOT_CLEANED'] },
  }
  const cases = Object.entries(outcomes).flatMap(([call, both]) =>
    Object.entries(both).map(([how, [life, removal]]) => [call as Call, how, life, removal] as const),
  )

  test.for(cases)('%s, %s: %s; removal: %s', async ([call, how, life, removal]) => {
    await using proxy = await startProxy()
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
    proxy.plan = (method, path) => {
      if (!calls[call].test(`${method} ${path}`)) return undefined
      proxy.plan = () => undefined
      if (how === 'hung') proxy.freeze(true)
      else void proxy.refuse(true)
      return how === 'hung' ? 'hang' : 'cutBefore'
    }
    const container = driver.container({ command: ['sh', '-c', 'exit 3'] })
    const seen = await live(container).then(({ exit }) => `exit ${exit.exitCode}`, codeOf)
    const removed = await container.remove().then(() => ok, codeOf)
    expect([seen, removed]).toEqual([life, removal])
    proxy.freeze(false)
    await proxy.refuse(false)
    // The call that the proxy has swallowed ends only with its connection.
    proxy.killAll(calls.create)
    await container.remove()
    expect(await driver.leftovers()).toEqual([])
  })
})

describe('a create call that is not answered in time', () => {
  async function unanswered() {
    const proxy = await startProxy()
    const driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    proxy.hold = request => (calls.create.test(request) ? released : undefined)
    const container = driver.container({ command: ['true'] })
    await expect(live(container)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_TIMEOUT',
      leaked: [container.name],
    })
    await expect(container.remove()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NOT_CLEANED',
      leaked: [container.name],
    })
    return { proxy, driver, container, release }
  }

  test('and is carried out later: the container is removed by itself', async () => {
    const { proxy, driver, container, release } = await unanswered()
    expect(driver.engine.leftovers).toEqual([container.name])
    release()
    await expect.poll(() => driver.engine.leftovers).toEqual([])
    expect(await driver.leftovers()).toEqual([])
    await driver[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  test('nor before the end: close names the container', async () => {
    const { proxy, driver, container, release } = await unanswered()
    await expect(driver.engine.close()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NOT_CLEANED',
      leaked: [container.name],
    })
    proxy.killAll()
    release()
    await proxy[Symbol.asyncDispose]()
  })
})

describe('a container that could not be removed', () => {
  const create = async (hang: boolean) => {
    const proxy = await startProxy()
    const driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...shortLimits })
    const container = driver.container({ id: 'again', command: ['true'] })
    await live(container)
    if (hang) proxy.plan = (method, path) => (calls.remove.test(`${method} ${path}`) ? 'hang' : undefined)
    await expect(container.remove()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED' })
    expect([driver.engine.leftovers, await driver.leftovers()]).toEqual([[container.name], [container.name]])
    const end = async () => {
      await driver[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    }
    return { proxy, driver, container, end }
  }

  test('is removed once the engine is well, by itself', async () => {
    const { proxy, driver, end } = await create(true)
    proxy.plan = () => undefined
    await expect.poll(() => driver.engine.leftovers).toEqual([])
    expect(await driver.leftovers()).toEqual([])
    await end()
  })

  test('is removed at once by the next run of its id', async () => {
    const { proxy, driver, container, end } = await create(true)
    const refused = driver.container({ id: 'again', command: ['true'] })
    await expect(live(refused)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NAME_CONFLICT', retryable: true })
    await refused.remove()
    expect(await driver.leftovers()).toEqual([container.name])
    proxy.plan = () => undefined
    const next = driver.container({ id: 'again', command: ['true'] })
    expect((await live(next)).exit.exitCode).toBe(0)
    await next.remove()
    await end()
  })

  test('is removed when the engine is closed', async () => {
    const { proxy, driver, end } = await create(true)
    proxy.plan = () => undefined
    await driver.engine.close()
    expect(await driver.leftovers()).toEqual([])
    await end()
  })

  test('is named when the engine is closed before it is well', async () => {
    const { proxy, driver, container } = await create(true)
    await expect(driver.engine.close()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NOT_CLEANED',
      leaked: [container.name],
    })
    await engineRequest('DELETE', `/containers/${container.name}?force=true`)
    await proxy[Symbol.asyncDispose]()
  })

  test('is removed by a second call when only the first one hangs', async () => {
    await using proxy = await startProxy()
    await using driver = await testEngine({
      docker: `unix://${proxy.socketPath}`,
      ...shortLimits,
      engineTimeout: 4_000,
    })
    const container = driver.container({ command: ['true'] })
    await live(container)
    let calls = 0
    proxy.plan = method => (method === 'DELETE' && calls++ === 0 ? 'hang' : undefined)
    await container.remove()
    expect(await driver.leftovers()).toEqual([])
  })
})

describe('an engine that is away for a moment', () => {
  test.for(['create', 'wait', 'attach', 'start'] as const)('before the %s call: the run succeeds', async call => {
    await using proxy = await startProxy()
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, reconnectTimeout: 20_000 })
    let refused: Promise<void> | undefined
    // The engine goes away with the reply of the call before.
    const before = { create: /^GET \/images\//, wait: calls.create, attach: calls.wait, start: calls.attach }[call]
    proxy.answer = (request, part) => {
      if (refused === undefined && before.test(request)) {
        refused = proxy.refuse(true, { keep: true }).then(() => void setTimeout(() => void proxy.refuse(false), 500))
      }
      return part
    }
    const container = driver.container({ command: ['sh', '-c', 'sleep 0.2; echo hi; exit 3'] })
    const { exit, stdout } = await live(container)
    expect([refused === undefined, exit.exitCode, stdout, exit.outputTruncated]).toEqual([false, 3, 'hi\n', false])
    await container.remove()
  })

  test('does not use up a queue', async () => {
    await using proxy = await startProxy()
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, reconnectTimeout: 20_000 })
    await proxy.refuse(true)
    setTimeout(() => void proxy.refuse(false), 1_000)
    const runs = Array.from({ length: 4 }, async () => {
      const container = driver.container({ command: ['true'] })
      const { exit } = await live(container)
      await container.remove()
      return exit.exitCode
    })
    expect(await Promise.all(runs)).toEqual([0, 0, 0, 0])
  })

  test('and a cancel meanwhile: rejected at once', async () => {
    await using proxy = await startProxy()
    const driver = await testEngine({ docker: `unix://${proxy.socketPath}`, reconnectTimeout: 60_000 })
    await proxy.refuse(true)
    const container = driver.container({ command: ['true'] })
    const cancel = new AbortController()
    const prepared = container.prepare(cancel.signal)
    cancel.abort()
    await expect(prepared).rejects.toThrow()
    await container.remove()
    await proxy.refuse(false)
    await driver[Symbol.asyncDispose]()
  })
})

test.for<[script: string, exitCode: number]>([
  ['exit 3', 3],
  ['sleep 1; echo late; exit 7', 7],
  ['kill -9 $$', 137],
])('behind a proxy that rewrites the API version to 1.24, `%s` exits with %i', async ([script, exitCode]) => {
  await using proxy = await startProxy()
  await using driver = await testEngine({ docker: `unix://${proxy.socketPath}` })
  proxy.rewrite = head => head.replace(/^(\w+) \/v1\.\d+\//, '$1 /v1.24/')
  const container = driver.container({ command: ['sh', '-c', script] })
  const { exit } = await live(container)
  expect(exit).toMatchObject({ exitCode, outputTruncated: false })
  await container.remove()
})

function codeOf(error: unknown): string {
  if (!(error instanceof CookietinError)) return String(error)
  return error.code.replace('ERR_COOKIETIN_', '')
}
