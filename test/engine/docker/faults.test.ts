import { describe, expect, test } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { live, testEngine } from '../../support/engine/docker.ts'
import { type Fault, startProxy } from '../../support/engine/proxy.ts'
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

const quick = { engineTimeout: 600, startTimeout: 1_500, reconnectTimeout: 1_000, outputTimeout: 500 }

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
    hang: 'ENGINE_TIMEOUT',
    redirect: 'ENGINE_PROTOCOL',
  },
  wait: {
    cutBefore: 'ENGINE_UNREACHABLE',
    cutAfter: 'ENGINE_UNREACHABLE',
    garbage: 'ENGINE_PROTOCOL',
    error500: 'ENGINE_ERROR',
    hang: 'ENGINE_TIMEOUT',
    redirect: 'ENGINE_PROTOCOL',
    // The container is inspected, and waited for again if it runs.
    html: ok,
    cutBody: ok,
  },
  attach: {
    cutBefore: 'ENGINE_UNREACHABLE',
    cutAfter: 'ENGINE_UNREACHABLE',
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
    hang: 'NOT_CLEANED',
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
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...quick })
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
    expect(call === 'remove' ? removed : seen).toBe(outcome)
    if (removed !== ok) {
      // The error names the leftover container, which is removed once the engine answers again.
      expect(await driver.leftovers()).toEqual([container.name])
      await container.remove()
    }
    expect(await driver.leftovers()).toEqual([])
  })
})

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
    await using driver = await testEngine({ docker: `unix://${proxy.socketPath}`, ...quick })
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
    await container.remove()
    expect(await driver.leftovers()).toEqual([])
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
