import { spawnSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { inspect } from 'node:util'
import { map } from 'rxjs'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { createMockDriver, type MockScript } from '../../../src/driver/testing.ts'
import { type CookietinError, createExecutor, type Execution, type Transition } from '../../../src/index.ts'

function setup(script: MockScript = { quick: {}, slow: { runFor: Number.POSITIVE_INFINITY } }) {
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, concurrency: 1 })
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
  })
  return { driver, executor }
}

describe('a request in a subscriber of the states', () => {
  it.each(['state$', 'transitions$'] as const)('freezes and thaws from %s, and resolves', async stream => {
    const { executor } = setup({ slow: { runFor: 20 } })
    const execution = executor.run({ image: 'slow' })
    const requests: Promise<void>[] = []
    const states = stream === 'state$' ? execution.state$ : execution.transitions$.pipe(map(({ to }) => to))
    states.subscribe(state => {
      if (state === 'running' && requests.length === 0) requests.push(execution.freeze())
      if (state === 'frozen') requests.push(execution.unfreeze())
    })
    expect((await execution).status).toBe('success')
    expect(requests.length).toBe(2)
    await Promise.all(requests)
  })

  it('runs a cookie from `prepared`, and resolves when it runs', async () => {
    const { driver } = setup({ slow: { runFor: Number.POSITIVE_INFINITY } })
    const cookie = await driver.createCookie({ image: 'slow' })
    const state = new Promise<string>((resolve, reject) => {
      cookie.state$.subscribe(state => {
        if (state === 'prepared') cookie.run().then(() => resolve(cookie.state), reject)
      })
    })
    await cookie.prepare()
    expect(await state).toBe('running')
    await cookie.close()
  })

  it('cancels from `created`, before anything is created', async () => {
    const { driver, executor } = setup()
    executor.runs$.subscribe(execution => execution.cancel('not today'))
    const result = await executor.run({ image: 'quick' })
    expect([result.status, driver.calls.filter(({ call }) => call !== 'remove')]).toEqual(['cancelled', []])
  })
})

describe('what an executor tells of its runs', () => {
  it('is each run when it is queued, its first transition, and the living handles', async () => {
    const { executor } = setup()
    const runs: string[] = []
    const transitions: Transition[] = []
    executor.runs$.subscribe(({ id }) => runs.push(id))
    executor.transitions$.subscribe(transition => transitions.push(transition))
    const first = executor.run({ image: 'slow', id: 'first' })
    executor.run({ image: 'quick', id: 'second' })
    expect(runs).toEqual(['first', 'second'])
    expect(transitions).toMatchObject([
      { id: 'first', from: undefined, to: 'created', event: 'queue' },
      { id: 'second', from: undefined, to: 'created', event: 'queue' },
    ])
    expect([...executor.executions].map(({ id, state }) => [id, state])).toEqual([
      ['first', 'created'],
      ['second', 'created'],
    ])
    first.cancel()
    await executor.onIdle()
    expect([...executor.executions]).toEqual([])
  })

  it('prints short', async () => {
    const { driver, executor } = setup()
    const execution = executor.run({ image: 'quick', id: 'short' })
    expect(inspect(execution)).toBe("{ run: 'short', state: 'created' }")
    await execution
    const cookie = await driver.createCookie({ image: 'quick', id: 'shorter' })
    expect(inspect(cookie)).toBe("{ cookie: 'shorter', image: 'quick', state: 'created' }")
    await cookie.close()
  })
})

it('close() thaws a frozen run, which ends then', async () => {
  const driver = createMockDriver({ slow: { runFor: 20 } })
  const executor = createExecutor({ driver })
  const execution = executor.run({ image: 'slow' })
  await new Promise<void>(resolve => execution.state$.subscribe(state => state === 'running' && resolve()))
  await execution.freeze()
  await executor.close()
  expect((await execution).status).toBe('success')
  await driver.close()
})

describe('an output file that cannot be written', () => {
  it.each([
    ['in a folder that does not exist', '/no/such/folder/build.log', 'ENOENT'],
    ['on a full disk', '/dev/full', 'ENOSPC'],
  ])('%s is an error of the result, whose own output is whole', async (_, path, code) => {
    const text = 'x'.repeat(200_000)
    const { executor } = setup({ '*': { stdout: text } })
    const result = await executor.run({ image: 'writer', stdout: createWriteStream(path) })
    expect(result).toMatchObject({ status: 'success', stdoutTruncated: false, stdoutError: { code } })
    expect(result.stdout).toBe(text)
  })

  it('is seen also for output that is shorter than any buffer', async () => {
    const { executor } = setup({ '*': { stdout: 'short', stderr: 'short' } })
    const result = await executor.run({ image: 'writer', stderr: createWriteStream('/dev/full') })
    expect(result).toMatchObject({ stdoutError: undefined, stderrError: { code: 'ENOSPC' } })
  })
})

it('keeps a byte order mark', async () => {
  const bytes = Buffer.from('\uFEFFhello')
  const { executor } = setup({ '*': { stdout: bytes } })
  const { stdout } = await executor.run({ image: 'bom' })
  expect(Buffer.from(stdout)).toEqual(bytes)
})

it('a task that ended while the event loop stood still is not a timeout', () => {
  // A process of its own: the loop of this one serves other tests.
  const script = `
    import { createExecutor, createProcessDriver } from '${new URL('../../../src/index.ts', import.meta.url).href}'
    await using driver = await createProcessDriver()
    await using executor = createExecutor({ driver })
    const run = executor.run({ image: 'none', command: ['sh', '-c', 'sleep 0.2; exit 7'], timeout: 1500 })
    run.state$.subscribe(state => {
      if (state !== 'running') return
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000))
    })
    const { status, exitCode } = await run
    console.log(status, exitCode)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect([stderr, stdout]).toEqual(['', 'error 7\n'])
})

describe('a result', () => {
  it('is a union on its status', async () => {
    const { executor } = setup({ '*': { exitCode: 3 } })
    const result = await executor.run({ image: 'failing' })
    expectTypeOf<Awaited<Execution>['error']>().toEqualTypeOf<CookietinError | undefined>()
    // Compiles without a check of `error`.
    const message: string = result.status === 'success' ? result.stdout : result.error.message
    expect(message).toContain('exited with code 3')
  })

  it('keeps the message and the cause of its error in JSON', async () => {
    const { executor } = setup({ '*': { exitCode: 3 } })
    const failing = JSON.parse(JSON.stringify(await executor.run({ image: 'failing', id: 'three' })))
    expect(failing.error).toMatchObject({
      name: 'CookietinError',
      code: 'ERR_COOKIETIN_EXIT_NONZERO',
      message: expect.stringContaining('exited with code 3'),
      cookieId: 'three',
    })
    const refused = await executor.run({ image: '', memory: 'lots' }).catch((error: unknown) => error)
    expect(JSON.parse(JSON.stringify(refused))).toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      message: expect.stringContaining('memory'),
      issues: [{ field: 'image' }, { field: 'memory' }],
    })
  })
})

describe('a caller whose objects throw', () => {
  const thrower = () => {
    throw new Error('mine')
  }

  it('gets its task refused, also where a getter throws', async () => {
    const { executor } = setup()
    const tasks = [
      {
        image: 'quick',
        get command() {
          return thrower()
        },
      },
      {
        image: 'quick',
        get id() {
          return thrower()
        },
      },
      new Proxy({ image: 'quick' }, { ownKeys: thrower }),
    ]
    for (const task of tasks) {
      await expect(executor.run(task as never)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    }
  })

  it('gets a result for a cancel whose reason cannot be printed', async () => {
    const { executor } = setup()
    const reasons = [
      Object.defineProperty(new Error('x'), 'message', { get: thrower }),
      { toJSON: thrower, toString: thrower },
      Object.create(null),
    ]
    for (const reason of reasons) {
      const execution = executor.run({ image: 'slow' })
      execution.cancel(reason)
      expect((await execution).status).toBe('cancelled')
    }
  })
})

it.each([{ timeout: 5 }, { prioritty: 1 }, 7, 'fast'])('refuses the options %o of a run', async options => {
  const { executor } = setup()
  await expect(executor.run({ image: 'quick' }, options as never)).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_INVALID_TASK',
  })
})

it('killOnMaxOutput ends a run that writes too much, and leaves others alone', async () => {
  const driver = createMockDriver({
    yes: { stdout: ['y'.repeat(600), 'y'.repeat(600)], runFor: Infinity },
    quick: { stdout: 'y' },
  })
  const executor = createExecutor({ driver, maxOutput: 1_000, killOnMaxOutput: true })
  const { status, error, stdout, stdoutTruncated } = await executor.run({ image: 'yes' })
  expect([status, error?.code, stdout.length, stdoutTruncated]).toEqual([
    'killed',
    'ERR_COOKIETIN_OUTPUT_TOO_LARGE',
    1_000,
    true,
  ])
  expect((await executor.run({ image: 'quick' })).status).toBe('success')
  await executor.close()
  await driver.close()
})
