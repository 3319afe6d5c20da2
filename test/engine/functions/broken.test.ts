import { describe, expect, it } from 'vitest'
import type { FunctionSpec } from '../../../src/functions/spec.ts'
import { shell } from '../setup.ts'
import { setup } from './setup.ts'

const misbehaving = (way: string, spec: Partial<FunctionSpec> = {}) => ({ env: { WAY: way }, ...spec })

describe('a function that cannot start', () => {
  it.each([
    ['has a bad command', { command: ['/no/such/program'] }, 'FUNCTION_EXITED', 'no/such/program'],
    ['exits at once', misbehaving('exits while it should listen'), 'FUNCTION_EXITED', 'exit code 3'],
    ['never listens', misbehaving('never listens', { launchTimeout: 500 }), 'LISTEN_TIMEOUT', 'within 500 ms'],
  ] as const)(
    'and %s rejects 100 calls at once with the reason, and has few containers',
    async (_what, spec, code, reason) => {
      const { make, executor } = await setup({ concurrency: 4 })
      const started = new Set<string>()
      executor.transitions$.subscribe(({ id, to }) => to === 'starting' && started.add(id))
      await using fn = make('misbehave', { ...spec, timeout: 20_000 })
      const calls = await Promise.allSettled(Array.from({ length: 100 }, () => fn.invoke()))
      for (const call of calls) {
        expect(call).toMatchObject({
          status: 'rejected',
          reason: { code: `ERR_COOKIETIN_${code}`, message: expect.stringContaining(reason) as string },
        })
      }
      expect(started.size).toBeLessThanOrEqual(4)
    },
  )

  it('is started ever more rarely, however many calls come', async () => {
    const { make, executor } = await setup({ concurrency: 4 })
    const started = new Set<string>()
    executor.transitions$.subscribe(({ id, to }) => to === 'starting' && started.add(id))
    await using fn = make('misbehave', misbehaving('exits while it should listen', { timeout: 20_000 }))
    const seen: { code: string; message: string }[] = []
    const invoke = (timeout?: number) =>
      fn.invoke({ timeout }).catch(error => void seen.push(error as (typeof seen)[number]))
    await invoke()
    for (let call = 1; call < 12; call++) await invoke(700)
    // A caller whose time ends during a pause gets the reason as well.
    for (const { message } of seen) expect(message).toContain('exit code 3')
    expect([...new Set(seen.map(({ code }) => code))].sort()).toEqual([
      'ERR_COOKIETIN_CALL_TIMEOUT',
      'ERR_COOKIETIN_FUNCTION_EXITED',
    ])
    expect(started.size).toBeLessThan(10)
  })
})

describe('a container that ends during a call', () => {
  it.each([
    ['runs out of memory', 'out of memory'],
    ['exits with 9', 'exit code 9'],
  ])('and %s is reported with its exit', async (way, reason) => {
    const { make } = await setup()
    await using fn = make('misbehave', misbehaving(way, { memory: '128m' }))
    await expect(fn.invoke({ body: 'x', timeout: 30_000 })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_RESPONSE_FAILED',
      message: expect.stringContaining(reason) as string,
    })
  })
})

it.each([
  ['is too full to read', 300_000],
  ['is too full to read', 20_000_000],
  ['is too full to read and closes', 100_000],
  ['is too full to read and closes', 300_000],
  ['is too full to read and closes', 20_000_000],
])('a function that %s has responded, and its container serves on: %i bytes', async (way, size) => {
  const { make, executor } = await setup()
  const started = new Set<string>()
  executor.transitions$.subscribe(({ id, to }) => to === 'starting' && started.add(id))
  await using fn = make('misbehave', misbehaving(way))
  for (let call = 0; call < 5; call++) {
    const response = await fn.invoke({ body: Buffer.alloc(size), timeout: 20_000 })
    expect([response.status, await response.text()]).toEqual([413, 'too full'])
  }
  expect(started.size).toBe(1)
})

it('a hardened function that changes its folder without end stops nothing but itself', async () => {
  const { make, executor } = await setup()
  await using echo = make('echo')
  await echo.prewarm(1)
  await using hostile = make(
    'misbehave',
    misbehaving('churns its folder', { profile: 'hardened', launchTimeout: 3_000, timeout: 30_000 }),
  )
  const refused = hostile.invoke()
  refused.catch(() => {})
  // Each of these needs timers and sockets of this process, which the function would keep from running until it is killed.
  const bystander = executor.run(shell('sleep 60', { timeout: 1_000 }))
  for (let call = 1; call <= 10; call++) expect(await (await echo.invoke()).json()).toMatchObject({ calls: call })
  expect((await bystander).status).toBe('timeout')
  await expect(refused).rejects.toMatchObject({ code: 'ERR_COOKIETIN_LISTEN_TIMEOUT' })
})

describe('calls behind a queue of tasks that never ends', () => {
  it.each([
    [2, 4, 1],
    [4, 8, 1],
    [1, 4, 2],
  ])('are answered: %i places, %i lanes of tasks, %i functions', async (concurrency, lanes, count) => {
    const { make, executor } = await setup({ concurrency })
    const functions = Array.from({ length: count }, () => make('echo', { timeout: 30_000 }))
    let isOver = false
    const tasks = Array.from({ length: lanes }, async () => {
      while (!isOver) expect((await executor.run(shell('sleep 0.3'))).status).toBe('success')
    })
    const statuses = functions.map(async fn => {
      const seen: number[] = []
      for (let call = 0; call < 3; call++) {
        const response = await fn.invoke()
        await response.arrayBuffer()
        seen.push(response.status)
      }
      return seen
    })
    expect(await Promise.all(statuses)).toEqual(functions.map(() => [200, 200, 200]))
    isOver = true
    await Promise.all(tasks)
    await Promise.all(functions.map(fn => fn.close()))
  })
})
