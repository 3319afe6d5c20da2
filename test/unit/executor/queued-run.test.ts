import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDriver } from '../../../src/driver/engine.ts'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import type { EngineContainer } from '../../../src/engines/engine.ts'
import { createExecutor, type Execution, type ExecutorOptions, type RunResult } from '../../../src/index.ts'

const forever: MockRun = { runFor: Number.POSITIVE_INFINITY }

/** An executor whose one place is taken by a task of the image `slow`. `made` has the ids of the containers that were made. */
function setup(options: Partial<ExecutorOptions> = {}, script: Readonly<Record<string, MockRun>> = {}) {
  const made: string[] = []
  const driver = createMockDriver(({ id, image }) => {
    made.push(id)
    return image === 'slow' ? forever : (script[image] ?? {})
  })
  const executor = createExecutor({ driver, concurrency: 1, ...options })
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
  })
  const first = executor.run({ image: 'slow', id: 'first' })
  return { driver, executor, made, first }
}

/** The parts of a result that do not depend on time. */
async function plain(execution: Execution): Promise<object> {
  const { timings, ...rest } = await execution
  return { ...rest, timed: Object.keys(timings) }
}

describe('a task that waits', () => {
  it('has no container before its turn, also with a retry', async () => {
    const { executor, made, first } = setup()
    const runs = [
      executor.run({ image: 'a', id: 'waits' }),
      executor.run({ image: 'b', id: 'retries', retry: { attempts: 2 } }),
    ]
    await new Promise<void>(resolve => first.state$.subscribe(state => state === 'running' && resolve()))
    expect([made, runs.map(({ state }) => state)]).toEqual([['first'], ['created', 'created']])
    first.cancel()
    await Promise.all(runs)
    expect(made).toEqual(['first', 'waits', 'retries'])
  })

  it('counts the time in the queue, with and without a retry', async () => {
    const { executor, first } = setup()
    const waited = executor.run({ image: 'a' })
    const retried = executor.run({ image: 'a', retry: {} })
    setTimeout(() => first.cancel(), 30)
    for (const run of [waited, retried]) expect((await run).timings.created).toBeGreaterThan(25)
  })

  it('emits the states and transitions that follow to those who subscribed before', async () => {
    const { executor, first } = setup()
    const run = executor.run({ image: 'a', labels: { team: 'red' } })
    const states: string[] = []
    const chain: unknown[] = []
    let ends = 0
    run.state$.subscribe({ next: state => states.push(state), complete: () => ends++ })
    run.transitions$.subscribe({
      next: ({ from, to, labels }) => chain.push([from, to, labels]),
      complete: () => ends++,
    })
    first.cancel()
    await run
    await executor.onIdle()
    expect(states).toEqual(['created', 'preparing', 'prepared', 'starting', 'running', 'done', 'closing', 'closed'])
    expect(chain).toEqual(states.slice(1).map((to, index) => [states[index], to, { team: 'red' }]))
    run.state$.subscribe({ next: state => states.push(state), complete: () => ends++ })
    expect([ends, states.at(-1)]).toEqual([3, 'closed'])
  })

  it('gives the output to a stream that was taken before, and its samples to a subscriber', async () => {
    const stat = { timestamp: 1, metrics: { cpu_total: 5 } }
    const { executor, first } = setup({}, { a: { stdout: 'out', stderr: 'err', stats: [stat], runFor: 5 } })
    const run = executor.run({ image: 'a' })
    const outputs = [text(run.stdout), text(run.stderr)]
    const samples: unknown[] = []
    run.stats$.subscribe(sample => samples.push(sample))
    first.cancel()
    expect((await run).stdout).toBe('out')
    expect([await Promise.all(outputs), samples]).toEqual([['out', 'err'], [stat]])
  })

  it('refuses what makes no sense in `created`, and a signal that is none', async () => {
    const { executor } = setup()
    const run = executor.run({ image: 'a', id: 'waits' })
    for (const request of [run.freeze(), run.unfreeze(), run.signal('SIGTERM')]) {
      await expect(request).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_INVALID_STATE',
        message: expect.stringMatching(/^Cannot \w+ cookie waits while it is created$/),
      })
    }
    await expect(run.signal('SIGNONE')).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    expect(() => run.cancel('now', { stopGrace: -1 })).toThrow('stopGrace')
    expect(run.state).toBe('created')
  })

  it('keeps its id for itself until it has ended', async () => {
    const { executor, driver } = setup()
    const run = executor.run({ image: 'a', id: 'mine' })
    await expect(executor.run({ image: 'a', id: 'mine' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NAME_CONFLICT',
    })
    await expect(driver.createCookie({ image: 'a', id: 'mine' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_NAME_CONFLICT',
    })
    run.cancel()
    await run
    const again = executor.run({ image: 'a', id: 'mine' })
    again.cancel()
    expect((await again).status).toBe('cancelled')
  })

  it('fails when the engine makes no container in its turn, and leaves its place to others', async () => {
    const { executor, first } = setup({}, { misspelt: { exitcode: 1 } as MockRun })
    const run = executor.run({ image: 'misspelt' })
    const transitions: string[] = []
    run.transitions$.subscribe(({ from, to }) => transitions.push(`${from} → ${to}`))
    first.cancel()
    await expect(run).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_CONFIG' })
    expect((await executor.run({ image: 'a' })).status).toBe('success')
    expect(transitions).toEqual(['created → failed', 'failed → closing', 'closing → closed'])
  })

  it('rejects when the engine fails to make a container with an error of its own', async () => {
    const engine = {
      name: 'broken',
      check() {},
      container(): EngineContainer {
        throw new Error('out of order')
      },
      close: async () => {},
    }
    await using executor = createExecutor({ driver: createDriver(engine) })
    await expect(executor.run({ image: 'a' })).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_ENGINE_ERROR',
      message: 'Cannot run the task: out of order',
    })
  })
})

it('an engine that cannot check a task makes its container when it is queued', async () => {
  let made = 0
  const engine = {
    name: 'own',
    container(): EngineContainer {
      made += 1
      throw new Error('no such task')
    },
    close: async () => {},
  }
  await using executor = createExecutor({ driver: createDriver(engine) })
  const run = executor.run({ image: 'a' })
  expect([made, run.state]).toEqual([1, 'failed'])
  await expect(run).rejects.toThrow('no such task')
})

// With an inspector each cookie is made when its task is queued: what the machine does there, a run without a cookie must do alike.
describe.each([
  ['a cancel', (run: Execution) => run.cancel('enough')],
  ['a cancel without a reason', (run: Execution) => run.cancel()],
  ['a forced close', (_: Execution, close: () => void) => close()],
] as const)('%s ends a task that waits as its machine would', (_, end) => {
  it.each([
    ['a plain one', {}],
    ['one with labels, bytes and a timeout', { labels: { a: 'b' }, encoding: 'buffer', timeout: 50 }],
    ['one with a retry', { retry: { attempts: 3 } }],
    ['one with an output of the caller', { stdout: 'writable' }],
  ] as const)('%s', async (_, fields) => {
    const outcomes = []
    for (const inspect of [undefined, () => {}]) {
      const { executor, driver } = setup({ inspect })
      const transitions: unknown[] = []
      executor.transitions$.subscribe(({ at, ...transition }) => {
        if (transition.id === 'task') transitions.push(transition)
      })
      const stdout = new PassThrough()
      const task = { image: 'a', id: 'task', ...fields, ...('stdout' in fields && { stdout }) }
      const run = executor.run(task as never) as Execution
      const states: string[] = []
      run.state$.subscribe(state => states.push(state))
      end(run, () => void executor.close({ force: true }))
      const ended = run.state
      const closed = lastValueFrom(run.state$)
      const result = await plain(run)
      await closed
      const listeners = stdout.eventNames()
      const calls = driver.calls.filter(({ id, call }) => id === 'task' && call !== 'remove')
      outcomes.push({ result, transitions, states, ended, calls, listeners, outputs: await text(run.stdout) })
    }
    const [waiting, made] = outcomes
    expect(waiting).toEqual(made)
    expect(waiting).toMatchObject({
      ended: 'cancelled',
      calls: [],
      result: { status: 'cancelled', timed: ['created'] },
    })
  })
})

it('the end of the driver cancels what waits', async () => {
  const { executor, driver, made, first } = setup()
  const run = executor.run({ image: 'a' })
  const retried = executor.run({ image: 'a', retry: {} })
  const watched = executor.run({ image: 'a', retry: {} })
  watched.stats$.subscribe()
  await new Promise<void>(resolve => first.state$.subscribe(state => state === 'running' && resolve()))
  await driver.close()
  const results: RunResult[] = await Promise.all([run, retried, watched])
  expect(results.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  await executor.close()
  expect(new Set(made)).toEqual(new Set(['first', watched.id]))
})

it('an input that is not read is released by a cancel in the queue', async () => {
  const { executor } = setup()
  const input = Readable.from(['never read'])
  let isReleased = false
  const chunks = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 'x' }),
      return: () => {
        isReleased = true
        return { done: true, value: undefined }
      },
    }),
  }
  const runs = [executor.run({ image: 'a', input }), executor.run({ image: 'a', input: chunks as Iterable<string> })]
  for (const run of runs) run.cancel()
  await Promise.all(runs)
  expect([input.destroyed, isReleased]).toEqual([true, true])
})

it('is a promise in every way', async () => {
  const { executor, first } = setup()
  const run = executor.run({ image: 'a' })
  first.cancel()
  expect(run).toBeInstanceOf(Promise)
  expect(run.then(() => 1).constructor).toBe(Promise)
  const { cancel, state, signal } = run
  expect([typeof cancel, state, typeof signal]).toEqual(['function', 'created', 'function'])
  await expect(run.finally(() => {})).resolves.toMatchObject({ status: 'success' })
})
