import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import {
  type ContainerTask,
  CookietinError,
  createExecutor,
  type ExecutorOptions,
  type Transition,
} from '../../../src/index.ts'

const lost = new CookietinError('ERR_COOKIETIN_ENGINE_LOST', 'the engine went away', { retryable: true })
const killedOutside: MockRun = { exitCode: 137 }
const forever: MockRun = { runFor: Number.POSITIVE_INFINITY }
const fast = { delay: 0 }

/** An executor whose runs go by a list of scripts, one for each attempt; the last is for all that follow. */
function setup(scripts: readonly MockRun[], options: Partial<ExecutorOptions> = {}) {
  const ids: string[] = []
  const driver = createMockDriver(({ id }) => {
    ids.push(id)
    return scripts[Math.min(ids.length, scripts.length) - 1] ?? {}
  })
  const executor = createExecutor({ driver, concurrency: 1, ...options })
  onTestFinished(async () => {
    await executor.close({ force: true })
    expect(driver.remaining).toEqual([])
    await driver.close()
  })
  return { driver, executor, ids }
}

const task: ContainerTask = { id: 'job', image: 'x' }

describe('a task with retry', () => {
  it('is run again in a new container after a failure that may pass, and after a kill from outside', async () => {
    const { executor, ids } = setup([{ prepareError: lost }, killedOutside, { stdout: 'well' }])
    const { id, status, attempts, stdout } = await executor.run({ ...task, retry: fast })
    expect([id, status, attempts, stdout]).toEqual(['job', 'success', 3, 'well'])
    expect(ids).toEqual(['job', 'job.attempt-2', 'job.attempt-3'])
  })

  it.each([
    ['an exit code', { exitCode: 3 }, 'error'],
    ['a lack of memory', { exitCode: 137, oomKilled: true }, 'killed'],
    ['a success', {}, 'success'],
  ] as const)('is not run again after %s', async (_, script, status) => {
    const { executor } = setup([script])
    const result = await executor.run({ ...task, retry: fast })
    expect([result.status, result.attempts]).toEqual([status, 1])
  })

  it('can be cancelled after its end, which changes nothing', async () => {
    const warn = vi.spyOn(console, 'warn')
    onTestFinished(() => warn.mockRestore())
    const { executor } = setup([{ exitCode: 3 }])
    const run = executor.run({ ...task, retry: fast })
    expect((await run).status).toBe('error')
    run.cancel()
    await executor.onIdle()
    expect([(await run).status, warn.mock.calls]).toEqual(['error', []])
  })

  it('is not run again after a timeout, a cancel, or too much output', async () => {
    const { executor } = setup([forever, { stdout: 'xxxx', ...forever }], {
      maxOutput: 2,
      killOnMaxOutput: true,
    })
    const timeout = await executor.run({ image: 'x', timeout: 1, retry: fast })
    const cancelled = executor.run({ image: 'x' }, { retry: { ...fast, when: () => true } })
    cancelled.cancel('enough')
    const tooMuch = await executor.run({ image: 'x', retry: fast })
    expect([timeout.status, (await cancelled).status, tooMuch.error?.code, tooMuch.attempts]).toEqual([
      'timeout',
      'cancelled',
      'ERR_COOKIETIN_OUTPUT_TOO_LARGE',
      1,
    ])
  })

  it('rejects with the error of its last attempt', async () => {
    const { executor } = setup([{ prepareError: lost }])
    const error = await executor.run({ ...task, retry: { attempts: 2, delay: 0 } }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_COOKIETIN_ENGINE_LOST', message: 'the engine went away (attempt 2)' })
  })

  it('asks `when`, which may be asynchronous, with what is known of the attempt', async () => {
    const { executor } = setup([{ exitCode: 75, stderr: 'try later' }, {}])
    const asked: unknown[] = []
    const { attempts } = await executor.run(task, {
      retry: {
        ...fast,
        when: async failed => {
          asked.push(failed)
          return failed.exitCode === 75
        },
      },
    })
    expect(attempts).toBe(2)
    const facts = { attempt: 1, status: 'error', exitCode: 75, retryable: false, stdout: '', stderr: 'try later' }
    expect(asked).toMatchObject([{ ...facts, error: { code: 'ERR_COOKIETIN_EXIT_NONZERO' } }])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['returns no boolean', () => 'yes' as unknown as boolean],
  ])('keeps its result when `when` %s', async (_, when) => {
    const { executor } = setup([{ exitCode: 3 }])
    const { exitCode, attempts } = await executor.run(task, { retry: { ...fast, when } })
    expect([exitCode, attempts]).toEqual([3, 1])
  })

  it('emits one chain of transitions, which `closed` ends', async () => {
    const { executor } = setup([killedOutside, {}])
    const all: Transition[] = []
    const own: Transition[] = []
    const states: string[] = []
    executor.transitions$.subscribe(transition => all.push(transition))
    const run = executor.run({ ...task, retry: fast })
    run.transitions$.subscribe(transition => own.push(transition))
    run.state$.subscribe(state => states.push(state))
    await run
    await executor.onIdle()
    expect(all.slice(1)).toEqual(own)
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(['job']))
    for (const [index, { from }] of own.entries()) expect(from).toBe(own[index - 1]?.to ?? 'created')
    const retry = own.findIndex(({ event }) => event === 'retry')
    expect(own[retry]).toMatchObject({ from: 'killed', to: 'created', attempt: 2 })
    expect(own.map(({ attempt }) => attempt)).toEqual(own.map((_, index) => (index < retry ? undefined : 2)))
    expect([states[0], states.at(-1), run.state]).toEqual(['created', 'closed', 'closed'])
  })

  it('that is cancelled between two attempts ends as cancelled', async () => {
    const driver = createMockDriver(killedOutside)
    const executor = createExecutor({ driver })
    onTestFinished(async () => {
      await executor.close({ force: true })
      await driver.close()
    })
    const run = executor.run({ ...task, retry: { delay: 60_000, maxDelay: 60_000 } })
    await new Promise<void>(resolve => run.transitions$.subscribe(({ event }) => event === 'retry' && resolve()))
    run.cancel('enough')
    const { status, attempts, error } = await run
    expect([status, attempts, error?.cause]).toEqual(['cancelled', 1, 'enough'])
  })

  it('that waits for its next attempt is cancelled by the end of its executor or driver', async () => {
    for (const end of ['executor', 'driver'] as const) {
      const driver = createMockDriver(killedOutside)
      const executor = createExecutor({ driver })
      const run = executor.run({ ...task, retry: { delay: 60_000, maxDelay: 60_000 } })
      await new Promise<void>(resolve => run.transitions$.subscribe(({ event }) => event === 'retry' && resolve()))
      if (end === 'executor') await executor.close({ force: true })
      else await driver.close()
      expect((await run).status).toBe('cancelled')
      await executor.close()
      await driver.close()
      expect(driver.remaining).toEqual([])
    }
  })

  it('gives its place in the queue to others while it waits', async () => {
    const driver = createMockDriver(({ image }) => (image === 'x' ? killedOutside : {}))
    const executor = createExecutor({ driver, concurrency: 1 })
    onTestFinished(async () => {
      await executor.close({ force: true })
      await driver.close()
    })
    void executor.run({ ...task, retry: { delay: 60_000, maxDelay: 60_000 } })
    expect((await executor.run({ image: 'other' })).status).toBe('success')
  })

  it('streams the output of every attempt, one after the other', async () => {
    const { executor } = setup([{ stdout: 'one ', ...killedOutside }, { stdout: 'two' }])
    const run = executor.run({ ...task, retry: fast })
    expect(await text(run.stdout)).toBe('one two')
    expect((await run).stdout).toBe('two')
  })

  it('may be frozen and thawed in any attempt', async () => {
    const { executor } = setup([killedOutside, forever])
    const run = executor.run({ ...task, retry: fast })
    await new Promise<void>(resolve =>
      run.transitions$.subscribe(({ to, attempt }) => to === 'running' && attempt === 2 && resolve()),
    )
    await run.freeze()
    expect(run.state).toBe('frozen')
    await run.unfreeze()
    run.cancel()
    expect((await run).attempts).toBe(2)
  })
})

describe('the input of a task with retry', () => {
  it.each([
    ['a stream', () => Readable.from(['x'])],
    ['a web stream', () => new Blob(['x']).stream()],
    [
      'a generator',
      () =>
        (function* () {
          yield 'x'
        })(),
    ],
  ] as const)('is refused when it is %s, and taken when a function makes it', async (_, make) => {
    const { executor, driver } = setup([{ exitCode: 137, echoInput: true }, { echoInput: true }])
    for (const run of [
      executor.run({ image: 'x', input: make() as Readable, retry: fast }),
      executor.run({ image: 'x', input: make() as Readable }, { retry: fast }),
    ]) {
      await expect(run).rejects.toThrow(/input: a value of type .* is not allowed, it must be .* a function that makes/)
    }
    expect(driver.calls).toEqual([])
    const { stdout, attempts } = await executor.run({ image: 'x', input: async () => make() as Readable, retry: fast })
    expect([stdout, attempts]).toEqual(['x', 2])
  })

  it('that a function makes wrongly fails the run', async () => {
    const { executor } = setup([{ echoInput: true }])
    await expect(executor.run({ image: 'x', input: () => 3 as unknown as string })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INPUT_FAILED',
      message: expect.stringContaining('its function returned a value of type number'),
    })
  })
})

it('refuses retry options that are not allowed, by name', async () => {
  const { executor, driver } = setup([{}])
  const retry = { attempts: 0, delay: -1, maxDelay: 'x', when: true, tries: 3 } as never
  for (const run of [executor.run({ image: 'x', retry }), executor.run({ image: 'x' }, { retry })]) {
    const error: unknown = await run.catch((error: unknown) => error)
    const fields = (error as { issues: { field: string }[] }).issues.map(({ field }) => field).sort()
    expect(fields).toEqual(['retry.attempts', 'retry.delay', 'retry.maxDelay', 'retry.tries', 'retry.when'])
  }
  expect(() => executor.runAll([], { retry })).toThrow('retry.attempts')
  await expect(driver.createCookie({ image: 'x', retry: {} })).rejects.toThrow('a cookie is one attempt')
  expect(() => executor.function({ image: 'x', retry: {} } as never)).toThrow('retry')
})

describe('runAll with settle', () => {
  it('yields every task as it ends, with its index; a rejection is a value', async () => {
    const scripts: Readonly<Record<string, MockRun>> = {
      slow: { runFor: 40 },
      bad: { prepareError: lost },
      code: { exitCode: 3 },
    }
    const driver = createMockDriver(scripts)
    const executor = createExecutor({ driver, concurrency: 4 })
    onTestFinished(async () => {
      await executor.close({ force: true })
      await driver.close()
    })
    const tasks = ['slow', 'bad', 'code', ''].map(image => ({ image }))
    const ends: Record<number, string> = {}
    const order: number[] = []
    for await (const { index, task, status, value, reason } of executor.runAll(tasks, { settle: true })) {
      expect(task).toBe(tasks[index])
      ends[index] = status === 'fulfilled' ? value.status : reason.code
      order.push(index)
    }
    expect(ends).toEqual({ 0: 'success', 1: 'ERR_COOKIETIN_ENGINE_LOST', 2: 'error', 3: 'ERR_COOKIETIN_INVALID_TASK' })
    expect(order.at(-1)).toBe(0)
  })

  it('is refused with the order of the tasks', () => {
    const { executor } = setup([{}])
    expect(() => executor.runAll([], { settle: true, unordered: false })).toThrow('unordered')
  })
})

it('a run whose `when` never settles ends with its driver', async () => {
  const driver = createMockDriver({ '*': { exitCode: 3 } })
  const executor = createExecutor({ driver })
  const asked = Promise.withResolvers<void>()
  const run = executor.run({
    ...task,
    retry: {
      when: () => {
        asked.resolve()
        return new Promise<boolean>(() => {})
      },
    },
  })
  await asked.promise
  await driver.close()
  expect((await run).status).toBe('error')
  await executor.close()
})
