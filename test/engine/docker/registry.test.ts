import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect as inspectDeep } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { resolveDockerConfig } from '../../../src/engines/docker/config/config.ts'
import type { DockerConfig } from '../../../src/engines/docker/config/docker-config.ts'
import { createDockerEngine } from '../../../src/engines/docker/engine.ts'
import type { DriverTransition } from '../../../src/engines/docker/transitions.ts'
import type { PullProgress } from '../../../src/engines/pull-progress.ts'
import { CookietinError } from '../../../src/errors.ts'
import { createDockerDriver } from '../../../src/index.ts'
import { resolveTask } from '../../../src/task/resolve-task.ts'
import type { ContainerTask } from '../../../src/task/task.ts'
import { type EngineProxy, startProxy } from '../../support/engine/proxy.ts'
import { engineRequest } from '../../support/engine/request.ts'
import { watchLeaks } from '../../support/leaks/leaks.ts'
import { type RegistryFault, startRegistry, type TestRegistry } from '../../support/servers/registry.ts'
import { setup } from '../setup.ts'

let open: TestRegistry
let closed: TestRegistry
const login = { username: 'baker', password: 'canary-secret-7' }

beforeAll(async () => {
  ;[open, closed] = await Promise.all([startRegistry(), startRegistry(login)])
})
afterAll(async () => {
  await open[Symbol.asyncDispose]()
  await closed[Symbol.asyncDispose]()
})

/** An engine whose only credentials are those of `env`. */
async function engineWith(config: DockerConfig = {}, env: Record<string, string> = {}) {
  const expectNoLeaks = watchLeaks()
  const proxy = await startProxy()
  const engine = await createDockerEngine(
    resolveDockerConfig({ pullRetryDelay: 20, ...config, docker: `unix://${proxy.socketPath}` }, {}),
    { DOCKER_CONFIG: '/nowhere', PATH: process.env.PATH, ...env },
  )
  const moves: DriverTransition[] = []
  engine.transitions$.subscribe(move => moves.push(move))
  onTestFinished(async () => {
    await engine.close()
    await proxy[Symbol.asyncDispose]()
    await expectNoLeaks()
  })
  const pulls = () => pullsOf(proxy)
  /** Which image each container was made of. */
  const digests: (string | undefined)[] = []
  /** Creates a container of an image and removes both. Returns the values of `pull$`. */
  const prepare = async (task: Partial<ContainerTask> & { image: string }, signal = new AbortController().signal) => {
    const container = engine.container(resolveTask({ disableNet: true, ...task }))
    const told: PullProgress[] = []
    let complete = false
    container.pull$?.subscribe({
      next: progress => told.push(progress),
      complete: () => {
        complete = true
      },
    })
    try {
      await container.prepare(signal)
      digests.push(container.imageDigest)
    } finally {
      expect(complete).toBe(true)
      await container.remove()
    }
    return told
  }
  return { prepare, pulls, digests, moves, steps: () => moves.map(({ from, to }) => `${from} → ${to}`) }
}

const pullsOf = (proxy: EngineProxy) => proxy.requests.filter(line => line.startsWith('POST /images/create')).length
const forget = (image: string) => engineRequest('DELETE', `/images/${image}`).catch(() => {})
const failing = async (run: Promise<unknown>) =>
  await run.then(
    () => expect.unreachable(),
    (error: CookietinError) => error,
  )

describe('an open registry', () => {
  test('serves an image by tag, and is not asked when the engine has it', async () => {
    const { image, digest } = await open.push('by-tag', 300_000)
    const { prepare, pulls, steps, digests } = await engineWith()
    const told = await prepare({ image })
    expect(steps()).toEqual(['wanted → looking', 'looking → pulling', 'pulling → present'])
    expect(told.at(-1)).toMatchObject({ image, state: 'present', attempt: 1, retryIn: undefined, error: undefined })
    const { layers = [], current, total } = told.at(-1) ?? {}
    expect(layers).toMatchObject([{ status: 'done' }])
    expect([current, total]).toEqual([layers[0]?.total, layers[0]?.total])
    expect(total).toBeGreaterThan(300_000)
    expect(await prepare({ image })).toEqual([])
    expect(pulls()).toBe(1)
    const name = image.slice(0, image.lastIndexOf(':'))
    expect(digests).toEqual([`${name}@${digest}`, `${name}@${digest}`])
    await forget(image)
  })

  test('serves an image ahead of its runs to driver.pull, once', async () => {
    const { image } = await open.push('ahead')
    const driver = await createDockerDriver({ pullRetries: 0 })
    onTestFinished(() => driver.close())
    const told: string[] = []
    await driver.pull(image, { onProgress: ({ state }) => told.push(state) })
    expect(told.at(-1)).toBe('present')
    await driver.pull(image)
    await expect(driver.pull(image, { platform: 'linux/none' })).rejects.toThrow(CookietinError)
    await expect(driver.pull('No Image', { pull: 'never' as never })).rejects.toThrow("must be 'missing' or 'always'")
    await expect(driver.pull(`sha256:${'0'.repeat(64)}`)).rejects.toThrow('an id names no registry')
    const gone = new AbortController()
    gone.abort('enough')
    await expect(driver.pull(image, { pull: 'always', signal: gone.signal })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_CANCELLED',
    })
    await driver.close()
    await expect(driver.pull(image)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
    await forget(image)
  })

  test('serves an image by digest', async () => {
    const { image, digest } = await open.push('by-digest')
    const byDigest = `${image.slice(0, image.lastIndexOf(':'))}@${digest}`
    const { prepare } = await engineWith()
    expect((await prepare({ image: byDigest })).at(-1)).toMatchObject({ image: byDigest, state: 'present' })
    await forget(byDigest)
  })

  test('that does not have the digest: IMAGE_NOT_FOUND, asked once', async () => {
    const { image } = await open.push('other-digest')
    const { prepare, pulls } = await engineWith()
    const missing = `${image.slice(0, image.lastIndexOf(':'))}@sha256:${'0'.repeat(64)}`
    expect(await failing(prepare({ image: missing }))).toMatchObject({
      code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND',
      retryable: false,
    })
    expect(pulls()).toBe(1)
  })

  test.for<[fault: RegistryFault, code: string, tries: number]>([
    ['html429', 'IMAGE_RATE_LIMITED', 1],
    ['html403', 'IMAGE_AUTH', 1],
    ['html404', 'IMAGE_NOT_FOUND', 1],
    ['html520', 'REGISTRY_UNREACHABLE', 3],
  ])('that answers %s: %s after %i tries', async ([fault, code, tries]) => {
    const { image } = await open.push(fault)
    open.plan = (_, path) => (path.includes('/manifests/') ? fault : 'pass')
    const { prepare, pulls } = await engineWith({ pullRetries: 2 })
    expect(await failing(prepare({ image }))).toMatchObject({ code: `ERR_COOKIETIN_${code}` })
    open.heal()
    expect(pulls()).toBe(tries)
  })

  test('is asked once for an unknown repository', async () => {
    const { prepare, pulls, steps } = await engineWith()
    const error = await failing(prepare({ image: `${open.host}/nobody/knows:1` }))
    expect(error).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
    expect([pulls(), steps().at(-1)]).toEqual([1, 'pulling → failed'])
  })

  test('that answers 500 twice is asked three times', async () => {
    const { image } = await open.push('flaky')
    const { prepare, pulls, steps, moves } = await engineWith()
    open.plan = (_, path) => (path.includes('/manifests/') && pulls() < 3 ? 'error500' : 'pass')
    const told = await prepare({ image })
    open.heal()
    expect(pulls()).toBe(3)
    expect(steps()).toEqual([
      'wanted → looking',
      ...['looking → pulling', 'pulling → waiting', 'waiting → pulling'],
      ...['pulling → waiting', 'waiting → pulling', 'pulling → present'],
    ])
    const delays = moves
      .filter(({ to }) => to === 'waiting')
      .map(({ attempt, retryIn, error }) => [attempt, retryIn, /500/.test(error ?? '')])
    expect(delays).toEqual([
      [1, expect.any(Number), true],
      [2, expect.any(Number), true],
    ])
    const waits = told.filter(({ state }) => state === 'waiting')
    expect(waits.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(waits.every(({ retryIn = 0, error = '' }) => retryIn >= 10 && retryIn <= 40 && /500/.test(error))).toBe(true)
    await forget(image)
  })

  test('that answers 429 is not asked again', async () => {
    const { image } = await open.push('busy')
    open.plan = (_, path) => (path.includes('/manifests/') ? 'error429' : 'pass')
    const { prepare, pulls } = await engineWith()
    expect(await failing(prepare({ image }))).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_RATE_LIMITED' })
    open.heal()
    expect(pulls()).toBe(1)
  })

  test('that is unreachable is asked as often as pullRetries permits', async () => {
    const { prepare, pulls } = await engineWith({ pullRetries: 2 })
    expect(await failing(prepare({ image: '127.0.0.1:1/x' }))).toMatchObject({
      code: 'ERR_COOKIETIN_REGISTRY_UNREACHABLE',
    })
    expect(pulls()).toBe(3)
  })

  test('that hangs fails the pull after its time limit', async () => {
    const { image } = await open.push('hangs')
    open.plan = (_, path) => (path.includes('/blobs/') ? 'hang' : 'pass')
    const { prepare, pulls } = await engineWith({ pullIdleTimeout: 300 })
    expect(await failing(prepare({ image }))).toMatchObject({ code: 'ERR_COOKIETIN_PULL_TIMEOUT' })
    open.heal()
    expect(pulls()).toBe(1)
  })

  test('that cuts a layer off fails the pull, and the engine stops retrying', async () => {
    const { image } = await open.push('truncated', 300_000)
    open.plan = (method, path) => (method === 'GET' && path.includes('/blobs/') ? 'truncate' : 'pass')
    const { prepare } = await engineWith({ pullIdleTimeout: 3_000 })
    expect(await failing(prepare({ image }))).toMatchObject({
      code: expect.stringMatching(/PULL_TIMEOUT|IMAGE_CORRUPT|REGISTRY_UNREACHABLE/),
    })
    open.heal()
    await expect(engineRequest('GET', `/images/${image}/json`)).rejects.toThrow('404')
    // No partial layer is left for the next pull.
    expect((await prepare({ image })).at(-1)).toMatchObject({ state: 'present' })
    await forget(image)
  })

  test('is asked once by twenty tasks that pull the same image', async () => {
    const { image } = await open.push('shared', 300_000)
    const { prepare, pulls } = await engineWith()
    const told = await Promise.all(Array.from({ length: 20 }, () => prepare({ image })))
    expect(pulls()).toBe(1)
    expect(told.map(progress => progress.at(-1)?.state)).toEqual(Array(20).fill('present'))
    await forget(image)
  })

  test('continues when one task gives up, and stops when all do', async () => {
    const { image } = await open.push('given-up', 300_000)
    let asked = () => {}
    open.plan = (_, path) => {
      if (!path.includes('/blobs/')) return 'pass'
      asked()
      return 'hang'
    }
    const { prepare, steps } = await engineWith()
    const aborters = [new AbortController(), new AbortController()]
    const blob = new Promise<void>(resolve => {
      asked = resolve
    })
    const runs = aborters.map(({ signal }) => failing(prepare({ image }, signal)))
    await blob
    aborters[0]?.abort()
    expect(await runs[0]).toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    expect(steps().at(-1)).toBe('looking → pulling')
    aborters[1]?.abort()
    expect(await runs[1]).toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    await expect.poll(() => steps().at(-1)).toBe('pulling → cancelled')
    open.heal()
  })
})

describe('a registry with a password', () => {
  test('is used for a run and reported by pull$; credentials are visible nowhere', async () => {
    const { image } = await closed.push('seen', 300_000)
    const events: unknown[] = []
    const inspect = (event: InspectionEvent) => {
      events.push(inspectDeep(event, { depth: 6 }))
    }
    const { driver, executor } = await setup(
      { inspect },
      { registries: { [closed.host]: { ...login, password: 'canary-wrong-9' } } },
    )
    const moves: DriverTransition[] = []
    driver.driverTransitions$.subscribe(move => moves.push(move))
    const wrong = await failing(executor.run({ image, disableNet: true }))
    expect(wrong).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
    // The image has no program: it can be pulled but not run.
    const execution = executor.run({ image, disableNet: true, auth: login })
    const told: PullProgress[] = []
    const complete = new Promise<void>(resolve =>
      execution.pull$.subscribe({ next: news => told.push(news), complete: resolve }),
    )
    const result = await execution
    await complete
    expect(told.at(-1)).toMatchObject({ image, state: 'present', attempt: 1 })
    expect(told.at(-1)?.current).toBeGreaterThan(300_000)
    expect(moves.map(({ to }) => to)).toEqual(['looking', 'pulling', 'failed', 'looking', 'pulling', 'present'])
    const seen = [events, inspectDeep([wrong, result, told, moves, driver, executor], { depth: 12 })].join('\n')
    expect(seen).toContain(image)
    expect(seen).not.toContain('canary')
    await executor.onIdle()
    await forget(image)
  })

  test('is asked once without credentials or with a wrong password', async () => {
    const { image } = await closed.push('guarded')
    const { prepare, pulls } = await engineWith()
    for (const auth of [undefined, { username: 'baker', password: 'canary-wrong-8' }]) {
      const error = await failing(prepare({ image, auth }))
      expect(error).toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
      expect(JSON.stringify([error, error.message, error.cause])).not.toContain('canary')
    }
    expect(pulls()).toBe(2)
  })

  test('gets the credentials of the task, of the config, and of Docker, in this order', async () => {
    const folder = await mkdtemp('/tmp/ct-')
    const auths = (password: string) => ({
      auths: { [closed.host]: { auth: Buffer.from(`baker:${password}`).toString('base64') } },
    })
    const { image } = await closed.push('by-config')
    const attempt = async (config: DockerConfig, env: Record<string, string>, task: Partial<ContainerTask> = {}) => {
      const { prepare, moves } = await engineWith(config, env)
      const told = await prepare({ image, ...task })
      await forget(image)
      expect(JSON.stringify([told, moves])).not.toContain('canary')
      return told.at(-1)?.state
    }
    await writeFile(join(folder, 'config.json'), JSON.stringify(auths(login.password)))
    expect(await attempt({}, { DOCKER_CONFIG: folder })).toBe('present')
    expect(await attempt({}, { DOCKER_AUTH_CONFIG: JSON.stringify(auths(login.password)) })).toBe('present')
    const wrong = { DOCKER_AUTH_CONFIG: JSON.stringify(auths('wrong')), DOCKER_CONFIG: folder }
    await expect(attempt({}, wrong)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
    expect(await attempt({ registries: { [closed.host]: login } }, wrong)).toBe('present')
    const wrongToo = { registries: { [closed.host]: { ...login, password: 'wrong' } } }
    await expect(attempt(wrongToo, wrong)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_AUTH' })
    expect(await attempt(wrongToo, wrong, { auth: login })).toBe('present')
    expect(await attempt(wrongToo, wrong, { auth: async () => login })).toBe('present')
    const bin = { PATH: `${folder}:${process.env.PATH}`, DOCKER_CONFIG: folder }
    const answer = JSON.stringify({ ServerURL: closed.host, Username: 'baker', Secret: login.password })
    await writeFile(join(folder, 'docker-credential-test'), `#!/bin/sh\ncat > /dev/null\necho '${answer}'\n`, {
      mode: 0o755,
    })
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credHelpers: { [closed.host]: 'test' } }))
    expect(await attempt({}, bin)).toBe('present')
    await rm(folder, { recursive: true })
  })
})
