import { getEventListeners } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMockDriver, type MockScript } from '../../../src/driver/testing.ts'
import {
  type ContainerTask,
  CookietinError,
  createExecutor,
  type ExecutorOptions,
  type Transition,
} from '../../../src/index.ts'

/** A task that the script below runs: its command says how. */
const task = (...command: string[]): ContainerTask => ({ image: 'mock', command })

const script: MockScript = ({ command: [how = '', what = ''] }) => {
  switch (how) {
    case 'echo':
      return { stdout: what }
    case 'repeat':
      return { stdout: what.repeat(2 * 1024 * 1024) }
    case 'exit':
      return { exitCode: Number(what) }
    case 'oom':
      return { exitCode: 137, oomKilled: true }
    case 'for ever':
      return { runFor: Number.POSITIVE_INFINITY, stdout: 'begun' }
    case 'for':
      return { runFor: Number(what) }
    case 'hang':
      return { hangOn: what as 'prepare' }
    case 'no image':
      return { prepareError: new CookietinError('ERR_COOKIETIN_IMAGE_NOT_FOUND', 'no such image') }
    case 'lost':
      return { engineLost: 0 }
    case 'left':
      return { removeError: new CookietinError('ERR_COOKIETIN_NOT_CLEANED', 'busy', { leaked: ['mock-1'] }) }
    default:
      return {}
  }
}

function setup(options: Omit<ExecutorOptions, 'driver'> = {}) {
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, ...options })
  const transitions: Transition[] = []
  executor.transitions$.subscribe(transition => transitions.push(transition))
  onTestFinished(async () => {
    await executor.close({ force: true }).catch(() => {})
    await driver.close().catch(() => {})
  })
  return { driver, executor, transitions }
}

const until = (execution: { state$: import('rxjs').Observable<string> }, state: string) =>
  new Promise<void>(resolve => {
    execution.state$.subscribe(seen => seen === state && resolve())
  })

describe('a run', () => {
  it('is a promise of its result and a handle that emits every state', async () => {
    const { executor } = setup()
    const execution = executor.run(task('echo', 'hi'))
    const states: string[] = []
    execution.state$.subscribe(state => states.push(state))
    const result = await execution
    expect(result).toMatchObject({
      id: execution.id,
      status: 'success',
      error: undefined,
      exitCode: 0,
      stdout: 'hi',
      stderr: '',
    })
    await executor.onIdle()
    expect(states).toEqual(['created', 'preparing', 'prepared', 'starting', 'running', 'done', 'closing', 'closed'])
    expect(execution.state).toBe('closed')
    expect(Object.keys(result.timings)).toEqual(['created', 'preparing', 'prepared', 'starting', 'running'])
  })

  it.each([
    [['exit', '3'], 'error', 'ERR_COOKIETIN_EXIT_NONZERO', 3],
    [['exit', '137'], 'killed', 'ERR_COOKIETIN_KILLED', 137],
    [['oom'], 'killed', 'ERR_COOKIETIN_OOM_KILLED', 137],
  ] as const)('of %j resolves with status %s', async (command, status, code, exitCode) => {
    const { executor } = setup()
    expect(await executor.run(task(...command))).toMatchObject({ status, exitCode, error: { code } })
  })

  it('times out by its own clock, with the output until then', async () => {
    const { executor } = setup()
    const result = await executor.run({ ...task('for ever'), timeout: 20 })
    expect(result).toMatchObject({ status: 'timeout', stdout: 'begun', error: { code: 'ERR_COOKIETIN_TIMEOUT' } })
  })

  it.each([
    ['no image', 'ERR_COOKIETIN_IMAGE_NOT_FOUND'],
    ['lost', 'ERR_COOKIETIN_ENGINE_LOST'],
  ])('rejects when the implementation fails: %s', async (how, code) => {
    const { executor } = setup()
    const execution = executor.run(task(how))
    const error = await execution.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CookietinError)
    expect(error).toMatchObject({ code, cookieId: execution.id })
    await executor.onIdle()
    expect(execution.state).toBe('closed')
  })

  it('of an invalid task rejects, lists every bad field, and creates nothing', async () => {
    const { executor, driver, transitions } = setup({ memory: '64m', cpus: 1_000 })
    const refused = executor.run({ image: 'a b', timeout: -1 })
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INVALID_TASK',
      issues: [{ field: 'image' }, { field: 'timeout' }],
    })
    await expect(executor.run({ ...task(), memory: '65m', cpus: 1_001 })).rejects.toMatchObject({
      issues: [{ field: 'memory' }, { field: 'cpus' }],
    })
    await expect(executor.run(task(), { priority: Number.NaN })).rejects.toMatchObject({
      issues: [{ field: 'priority' }],
    })
    expect([refused.state, await text(refused.stdout)]).toEqual(['failed', ''])
    expect([driver.calls, transitions]).toEqual([[], []])
  })

  it('with the id of a living one is refused', async () => {
    const { executor } = setup()
    const first = executor.run({ ...task('for ever'), id: 'one' })
    await expect(executor.run({ ...task(), id: 'one' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NAME_CONFLICT' })
    first.cancel()
    await executor.onIdle()
    expect(await executor.run({ ...task(), id: 'one' })).toMatchObject({ id: 'one', status: 'success' })
  })

  it('returns bytes with encoding buffer, cut at maxOutput', async () => {
    const { executor } = setup({ maxOutput: 3 })
    const result = await executor.run({ ...task('echo', 'hello'), encoding: 'buffer' })
    expect([Buffer.from(result.stdout).toString(), result.stdoutTruncated, result.stderrTruncated]).toEqual([
      'hel',
      true,
      false,
    ])
  })
})

it('captures less of a stream with a writable, unless maxOutput is set', async () => {
  const large = 2 * 1024 * 1024
  const drain = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  const { executor } = setup()
  expect((await executor.run(task('repeat', 'x'))).stdout).toHaveLength(large)
  const beside = await executor.run({ ...task('repeat', 'x'), stdout: drain() })
  expect([String(beside.stdout).length, beside.stdoutTruncated]).toEqual([1024 * 1024, true])
  for (const maxOutput of ['2m', Number.POSITIVE_INFINITY]) {
    const whole = await setup({ maxOutput }).executor.run({ ...task('repeat', 'x'), stdout: drain() })
    expect([String(whole.stdout).length, whole.stdoutTruncated]).toEqual([large, false])
  }
})

describe('cancel', () => {
  it.each(['preparing', 'prepared', 'starting', 'running'])('while %s', async state => {
    const { executor, driver } = setup()
    const execution = executor.run(task('for ever'))
    execution.state$.subscribe(seen => seen === state && execution.cancel('enough'))
    expect(await execution).toMatchObject({
      status: 'cancelled',
      error: { code: 'ERR_COOKIETIN_CANCELLED', cause: 'enough', message: 'The task was cancelled: enough' },
    })
    await executor.onIdle()
    expect(driver.remaining).toEqual([])
  })

  it('while a pull hangs', async () => {
    const { executor, driver } = setup()
    const execution = executor.run(task('hang', 'prepare'))
    await until(execution, 'preparing')
    execution.cancel()
    expect((await execution).status).toBe('cancelled')
    await executor.onIdle()
    expect(driver.remaining).toEqual([])
  })

  it('while frozen, without thawing it', async () => {
    const { executor, driver } = setup()
    const execution = executor.run(task('for ever'))
    await until(execution, 'running')
    await execution.freeze()
    execution.cancel()
    expect((await execution).status).toBe('cancelled')
    expect(driver.calls.map(({ call }) => call)).not.toContain('unpause')
  })

  it('while queued: nothing is created, and the next task takes its place', async () => {
    const { executor, driver } = setup({ concurrency: 1 })
    const first = executor.run(task('for ever'))
    const second = executor.run({ ...task('echo', 'second'), id: 'second' })
    const third = executor.run(task('echo', 'third'))
    second.cancel()
    expect((await second).status).toBe('cancelled')
    expect([executor.pending, executor.size]).toEqual([1, 1])
    first.cancel()
    expect((await third).stdout).toBe('third')
    await executor.onIdle()
    expect(driver.calls.filter(({ id, call }) => id === 'second' && call !== 'remove')).toEqual([])
  })

  it('by a signal that has aborted already', async () => {
    const { executor, driver } = setup()
    const result = await executor.run(task('echo'), { signal: AbortSignal.abort('never') })
    expect([result.status, result.error?.cause]).toEqual(['cancelled', 'never'])
    await executor.onIdle()
    expect(driver.calls.filter(({ call }) => call !== 'remove')).toEqual([])
  })

  it('of many by one signal, with one listener on it, and none once they are done', async () => {
    const { executor } = setup({ concurrency: 5 })
    const controller = new AbortController()
    const executions = Array.from({ length: 50 }, () => executor.run(task('for ever'), { signal: controller.signal }))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort()
    const results = await Promise.all(executions)
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['cancelled']))
    const { signal } = new AbortController()
    await executor.run(task('echo'), { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('after the end changes nothing', async () => {
    const { executor } = setup()
    const execution = executor.run(task('echo', 'a'))
    const result = await execution
    execution.cancel()
    expect([await execution, result.status]).toEqual([result, 'success'])
  })
})

describe('admission', () => {
  it('runs 300 tasks by priority, within count, memory and CPUs', async () => {
    const { executor, transitions } = setup({ concurrency: 8, memory: '512m', cpus: 4_000 })
    const running = new Map<string, ContainerTask>()
    const tasks = new Map<string, ContainerTask>()
    const peak = { count: 0, memory: 0, cpus: 0 }
    const started: string[] = []
    executor.transitions$.subscribe(({ id, to }) => {
      if (to === 'preparing') {
        started.push(id)
        running.set(id, tasks.get(id) as ContainerTask)
      }
      if (to === 'done') running.delete(id)
      const sum = (field: 'memory' | 'cpus') =>
        [...running.values()].reduce((sum, task) => sum + Number(task[field]), 0)
      peak.count = Math.max(peak.count, running.size)
      peak.memory = Math.max(peak.memory, sum('memory'))
      peak.cpus = Math.max(peak.cpus, sum('cpus'))
    })
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, index) => {
        const one = {
          ...task('for', '1'),
          id: `t${index}`,
          memory: (8 + (index % 5) * 48) * 2 ** 20,
          cpus: 100 + (index % 7) * 300,
        }
        tasks.set(one.id, one)
        return executor.run(one, { priority: index < 150 ? 0 : 1 })
      }),
    )
    expect(results.every(({ status }) => status === 'success')).toBe(true)
    expect([peak.count <= 8, peak.memory <= 512 * 2 ** 20, peak.cpus <= 4_000]).toEqual([true, true, true])
    expect(peak.count).toBeGreaterThan(1)
    await executor.onIdle()
    expect([executor.pending, executor.size]).toEqual([0, 0])
    expect(transitions.filter(({ to }) => to === 'closed')).toHaveLength(300)
    const rank = (id: string) => started.indexOf(id)
    const late = Array.from({ length: 140 }, (_, index) => rank(`t${index + 8}`))
    const early = Array.from({ length: 150 }, (_, index) => rank(`t${index + 150}`))
    const mean = (ranks: number[]) => ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length
    expect(mean(early)).toBeLessThan(mean(late))
  })

  it('starts strictly by priority, then by age, where nothing else decides', async () => {
    const { executor, transitions } = setup({ concurrency: 1 })
    const runs = (
      [
        [0, 'ta'],
        [0, 'tb'],
        [5, 'tc'],
        [-1, 'td'],
        [5, 'te'],
      ] as const
    ).map(([priority, id]) => executor.run({ ...task('echo'), id }, { priority }))
    await Promise.all(runs)
    expect(transitions.filter(({ to }) => to === 'running').map(({ id }) => id)).toEqual(['ta', 'tc', 'te', 'tb', 'td'])
  })

  it('starts all that fit at once when a large one ends', async () => {
    const { executor } = setup({ concurrency: 8, memory: '100m' })
    const large = executor.run({ ...task('for ever'), memory: '100m' })
    const small = Array.from({ length: 5 }, () => executor.run({ ...task('for ever'), memory: '20m' }))
    await until(large, 'running')
    expect([executor.pending, executor.size]).toEqual([1, 5])
    large.cancel()
    await Promise.all(small.map(execution => until(execution, 'running')))
    expect([executor.pending, executor.size]).toEqual([5, 0])
  })
})

describe('freeze', () => {
  it('and unfreeze through the handle', async () => {
    const { executor } = setup()
    const execution = executor.run(task('for ever'))
    await expect(execution.freeze()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
    await until(execution, 'running')
    await execution.unfreeze()
    await execution.freeze()
    await execution.freeze()
    expect(execution.state).toBe('frozen')
    await execution.unfreeze()
    expect(execution.state).toBe('running')
    execution.cancel()
    const result = await execution
    expect(result.timings.frozen).toBeGreaterThan(0)
    await executor.onIdle()
    await expect(execution.freeze()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATE' })
  })
})

describe('runAll', () => {
  it('yields results in the order of the tasks, in any order of their ends', async () => {
    const { executor } = setup({ concurrency: 3 })
    const outputs: unknown[] = []
    async function* tasks() {
      yield task('for', '20')
      yield task('echo', 'b')
      yield task('exit', '1')
    }
    for await (const { status, stdout } of executor.runAll(tasks())) outputs.push([status, stdout])
    expect(outputs).toEqual([
      ['success', ''],
      ['success', 'b'],
      ['error', ''],
    ])
    expect(await Array.fromAsync(executor.runAll([]))).toEqual([])
  })

  it('yields results while its source is slow', async () => {
    const { executor } = setup()
    let more = () => {}
    async function* tasks() {
      yield task('echo', 'a')
      await new Promise<void>(resolve => {
        more = resolve
      })
      yield task('echo', 'b')
    }
    const results = executor.runAll(tasks())
    expect((await results.next()).value).toMatchObject({ stdout: 'a' })
    more()
    expect((await results.next()).value).toMatchObject({ stdout: 'b' })
    expect((await results.next()).done).toBe(true)
  })

  it('cancels running tasks when the loop is left, and closes the source', async () => {
    const { executor, transitions } = setup({ concurrency: 2 })
    let closed = false
    function* tasks() {
      try {
        yield task('echo', 'a')
        for (;;) yield task('for ever')
      } finally {
        closed = true
      }
    }
    for await (const { stdout } of executor.runAll(tasks())) {
      expect(stdout).toBe('a')
      break
    }
    await executor.onIdle()
    expect([closed, executor.size]).toEqual([true, 0])
    expect(transitions.filter(({ to }) => to === 'cancelled').length).toBeGreaterThan(0)
  })

  it('rejects with the first failure and cancels the rest', async () => {
    const { executor } = setup()
    const results = executor.runAll([task('for', '1'), task('no image'), task('for ever')])
    expect((await results.next()).value).toMatchObject({ status: 'success' })
    await expect(results.next()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_IMAGE_NOT_FOUND' })
    await executor.onIdle()
  })
})

describe('close', () => {
  it('drains accepted tasks, refuses new ones, and completes transitions$', async () => {
    const { executor } = setup({ concurrency: 1 })
    const runs = [executor.run(task('for', '5')), executor.run(task('echo', 'b'))]
    let completed = false
    executor.transitions$.subscribe({
      complete: () => {
        completed = true
      },
    })
    const closing = executor.close()
    await expect(executor.run(task('echo'))).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
    await closing
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(['success', 'success'])
    expect([completed, executor.close() === closing]).toEqual([true, true])
  })

  it('with force cancels running and queued tasks, also after a close that drains', async () => {
    const { executor } = setup({ concurrency: 1 })
    const runs = [executor.run(task('for ever')), executor.run(task('for ever'))]
    const draining = executor.close()
    await executor.close({ force: true })
    await draining
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
  })

  it('names containers that could not be removed', async () => {
    const { executor } = setup()
    expect((await executor.run(task('left'))).status).toBe('success')
    await expect(executor.close()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_NOT_CLEANED', leaked: ['mock-1'] })
  })
})

it('lists every bad option', () => {
  const wrong = {
    driver: {},
    concurrency: 0,
    memory: 'much',
    cpus: 1.5,
    maxStats: -1,
    maxOutput: 'x',
  } as unknown as ExecutorOptions
  const fields = ['driver', 'concurrency', 'memory', 'cpus', 'maxStats', 'maxOutput']
  expect(() => createExecutor(wrong)).toThrow(
    expect.objectContaining({
      code: 'ERR_COOKIETIN_INVALID_CONFIG',
      issues: expect.arrayContaining(fields.map(field => expect.objectContaining({ field }))) as unknown,
    }) as Error,
  )
})

it('releases the input of a task that never started', async () => {
  const { executor } = setup({ concurrency: 1 })
  const input = new Readable({ read() {} })
  const running = executor.run(task('for ever'))
  const queued = executor.run({ ...task(), input })
  queued.cancel()
  expect((await queued).status).toBe('cancelled')
  expect(input.destroyed).toBe(true)
  running.cancel()
})
