import { Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { createMockDriver, type MockScript } from '../../src/driver/testing.ts'
import { createHistory, type HistoryCallQuery, type HistoryQuery, type HistoryRecord } from '../../src/history/index.ts'
import { type CallRecord, createExecutor, type RunResult } from '../../src/index.ts'
import { databases } from '../support/postgres/histories.ts'

const stats = [
  { timestamp: 1_767_323_045_000, metrics: { cpu_total: 97, mem_usage: 52_428_800 } },
  { timestamp: 1_767_323_046_003, metrics: { cpu_total: 3, mem_usage: 2 ** 53 - 1 } },
]

const script: MockScript = {
  good: { stats, runFor: 5 },
  'registry.example/team/bad:1': { exitCode: 3 },
  oom: { exitCode: 137, oomKilled: true },
  broken: { prepareError: new Error('the disk is \0 full — 🍪') },
  endless: { runFor: Number.POSITIVE_INFINITY },
}

/** Runs tasks one after the other, with a history, and returns their results and errors. */
async function run(options: Parameters<typeof createHistory>[0], images: readonly string[], ids?: readonly string[]) {
  const history = await createHistory(options)
  await using driver = await createMockDriver(script)
  await using executor = createExecutor({ driver, history })
  const ends: unknown[] = []
  for (const [index, image] of images.entries()) {
    const task = { image, id: ids?.[index], command: ['cook', `it's "${index}"`], onStat: () => {} }
    ends.push(await executor.run(task).catch((error: unknown) => error))
  }
  await executor.onIdle()
  return { history, ends }
}

describe.each(databases)('a history in %s', (_, create) => {
  it('stores labels and attempts, lists the runs that have them, and removes them with the run', async () => {
    const options = await create()
    const history = await createHistory(options)
    await using driver = createMockDriver(({ id }) => (id === 'red' ? { exitCode: 137 } : {}))
    await using executor = createExecutor({ driver, history })
    const labels = { team: 'red', 'a b': "it's = 1" }
    await executor.run({ id: 'red', image: 'x', labels, retry: { delay: 0 } })
    await executor.run({ id: 'blue', image: 'x', labels: { team: 'blue' } })
    await executor.run({ id: 'none', image: 'x' })
    const ids = async (query: HistoryQuery) => (await history.list(query)).map(({ id }) => id)
    expect(await ids({ labels: { team: 'red' } })).toEqual(['red'])
    expect(await ids({ labels: { team: 'red', 'a b': 'other' } })).toEqual([])
    expect(await ids({})).toEqual(['none', 'blue', 'red'])
    const red = await history.get('red')
    expect([red?.labels, red?.attempts]).toEqual([{ team: 'red', 'a b': "it's = 1" }, 2])
    expect(red?.transitions.find(({ event }) => event === 'retry')).toMatchObject({ to: 'created', attempt: 2 })
    expect((await history.list())[2]).toMatchObject({ id: 'red', labels: { team: 'red' }, attempts: 2 })
    await expect(history.list({ labels: { team: 3 } as never })).rejects.toThrow('labels')
    await executor.onIdle()
    expect(await history.prune({ maxRuns: 0 })).toBe(3)
    expect(await history.list()).toEqual([])
    await history.close()
  })

  it('stores calls of functions, and lists them by function, image, time and outcome', async () => {
    const options = await create()
    const history = await createHistory({ ...options, maxCalls: 3 })
    const { called } = history.follow(new Subject())
    const before = Date.now()
    const call = (functionName: string, image: string) => ({ functionName, image, profile: 'default' as const })
    const record = (id: string, more: Partial<CallRecord> = {}): CallRecord => ({
      ...{ id, image: 'my/greet', containerId: 'hot-1', startedAt: Date.now(), waited: 0.25, duration: 1.5 },
      ...{ isCold: false, status: 200, error: undefined, ...more },
    })
    const failure = { status: undefined, error: 'ERR_COOKIETIN_CALL_TIMEOUT', containerId: undefined } as const
    called?.(call('greet', 'my/greet'), record('a', { isCold: true }))
    called?.(call('greet', 'my/greet'), record('b', failure))
    called?.(call("it's", 'busybox'), record('c', { image: 'busybox', status: 404 }))
    const ids = async (query: HistoryCallQuery) => (await history.listCalls(query)).map(({ id }) => id)
    const [first] = await history.listCalls({ id: 'a' })
    const expected = {
      ...record('a', { isCold: true }),
      functionName: 'greet',
      startedAt: first?.startedAt,
      key: first?.key,
    }
    expect(first).toEqual(expected)
    expect((await history.listCalls({ id: 'b' }))[0]).toMatchObject(failure)
    expect(await ids({})).toEqual(['c', 'b', 'a'])
    expect(await ids({ functionName: 'greet', limit: 1 })).toEqual(['b'])
    expect(await ids({ functionName: "it's" })).toEqual(['c'])
    expect(await ids({ image: 'docker.io/library/busybox:latest' })).toEqual(['c'])
    expect(await ids({ containerId: 'hot-1' })).toEqual(['c', 'a'])
    expect([await ids({ failed: true }), await ids({ failed: false })]).toEqual([['c', 'b'], ['a']])
    expect(await ids({ since: before, until: new Date(Date.now() + 1_000) })).toEqual(['c', 'b', 'a'])
    expect([await ids({ since: Date.now() + 1_000 }), await ids({ until: before })]).toEqual([[], []])
    await expect(history.listCalls({ name: 'greet' } as never)).rejects.toThrow('name')
    await expect(history.listCalls({ failed: 'yes' } as never)).rejects.toThrow('failed')
    called?.(call('greet', 'my/greet'), record('d'))
    await history.close()
    const again = await createHistory({ ...options, maxCalls: 3 })
    expect((await again.listCalls()).map(({ id }) => id)).toEqual(['d', 'c', 'b'])
    expect(await again.prune({ maxCalls: 1 })).toBe(2)
    expect(await again.list()).toEqual([])
    expect(await again.prune({ maxAge: 0 })).toBe(1)
    await again.close()
    await using none = await createHistory({ ...options, maxCalls: 0 })
    expect(none.follow(new Subject()).called).toBeUndefined()
  })

  it('stores a run with its task, outcome, transitions and samples', async () => {
    const before = Date.now()
    const { history, ends } = await run(await create(), ['good'])
    const result = ends[0] as RunResult
    const record = await history.get(result.id)
    expect(record).toEqual({
      key: expect.any(String) as string,
      id: result.id,
      image: 'good',
      command: ['cook', 'it\'s "0"'],
      status: 'success',
      interrupted: false,
      exitCode: 0,
      oomKilled: false,
      attempts: 1,
      labels: {},
      error: undefined,
      createdAt: expect.any(Number) as number,
      startedAt: expect.any(Number) as number,
      endedAt: expect.any(Number) as number,
      timings: result.timings,
      transitions: expect.any(Array) as [],
      stats,
    } satisfies HistoryRecord)
    expect(record?.createdAt).toBeGreaterThanOrEqual(before)
    expect(record?.endedAt).toBeGreaterThanOrEqual(record?.startedAt ?? Number.NaN)
    expect(record?.transitions.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'created preparing',
      'preparing prepared',
      'prepared starting',
      'starting running',
      'running done',
      'done closing',
      'closing closed',
    ])
    expect(record?.transitions[3]).toEqual({
      id: result.id,
      from: 'starting',
      to: 'running',
      event: expect.any(String),
      at: record?.startedAt,
    })
    expect(await history.get(record?.key ?? '')).toEqual(record)
    expect(await history.get('nobody')).toBeUndefined()
    await history.close()
  })

  it('stores every outcome, and lists by status, image, id and time, the newest first', async () => {
    const images = ['good', 'registry.example/team/bad:1', 'oom', 'broken', 'good']
    const { history } = await run(await create(), images, ['a1', 'b1', 'c1', 'd1', 'a1'])
    const ids = async (query: Parameters<typeof history.list>[0]) => (await history.list(query)).map(({ id }) => id)
    const all = await history.list()
    expect(all.map(({ id, status, exitCode, error }) => [id, status, exitCode, error?.code])).toEqual([
      ['a1', 'success', 0, undefined],
      ['d1', 'failed', undefined, 'ERR_COOKIETIN_ENGINE_ERROR'],
      ['c1', 'killed', 137, 'ERR_COOKIETIN_OOM_KILLED'],
      ['b1', 'error', 3, 'ERR_COOKIETIN_EXIT_NONZERO'],
      ['a1', 'success', 0, undefined],
    ])
    expect(all[1]?.error?.message).toMatch(/the disk is \0? ?\ufffd? ?full — 🍪/u)
    expect(all[2]?.oomKilled).toBe(true)
    expect(await ids({ status: 'error' })).toEqual(['b1'])
    expect(await ids({ status: ['failed', 'killed'] })).toEqual(['d1', 'c1'])
    expect(await ids({ status: [] })).toEqual([])
    expect(await ids({ status: 'unfinished' })).toEqual([])
    expect(await ids({ image: 'docker.io/good:latest' })).toEqual(await ids({ image: 'good' }))
    expect(await ids({ image: 'registry.example/good' })).toEqual([])
    expect(await ids({ image: 'good:latest' })).toEqual(['a1', 'a1'])
    expect(await ids({ image: 'registry.example/team/bad:1', status: 'error' })).toEqual(['b1'])
    expect(await ids({ id: 'a1', limit: 1 })).toEqual(['a1'])
    expect(await ids({ limit: 2, offset: 1 })).toEqual(['d1', 'c1'])
    const middle = all[2]?.createdAt ?? Number.NaN
    expect(await ids({ since: middle })).toEqual(expect.arrayContaining(['a1', 'd1', 'c1']))
    expect((await ids({ since: middle, until: middle })).length).toBe(0)
    expect(await ids({ until: all[4]?.createdAt })).toEqual([])
    expect((await history.get('a1'))?.key).toBe(all[0]?.key)
    await expect(history.list({ image: 'NOT an image' })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_TASK' })
    await history.close()
  })

  it('shows a running run from its first transition', async () => {
    const history = await createHistory(await create())
    await using driver = await createMockDriver(script)
    await using executor = createExecutor({ driver, history })
    const execution = executor.run({ image: 'endless', id: 'e1' })
    await new Promise<void>(resolve => {
      execution.state$.subscribe(state => state === 'running' && resolve())
    })
    const record = await history.get('e1')
    expect(record).toMatchObject({
      status: 'unfinished',
      interrupted: false,
      endedAt: undefined,
      exitCode: undefined,
      stats: [],
    })
    expect(record?.transitions.at(-1)?.to).toBe('running')
    expect(await history.list({ status: ['unfinished', 'success'] })).toHaveLength(1)
    execution.cancel()
    await execution
    expect(await history.get('e1')).toMatchObject({ status: 'cancelled', error: { code: 'ERR_COOKIETIN_CANCELLED' } })
    await executor.close()
    await history.close()
  })

  it('persists, and keeps the newest maxRuns', async () => {
    const options = await create()
    const images = Array.from({ length: 6 }, () => 'good')
    const first = await run(options, images, ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'])
    await first.history.close()
    await first.history.close()
    await using again = await createHistory({ ...options, maxRuns: 4 })
    expect((await again.list()).map(({ id }) => id)).toEqual(['r6', 'r5', 'r4', 'r3'])
    expect(await again.prune({ maxRuns: 2 })).toBe(2)
    expect(await again.get('r5')).toMatchObject({ transitions: { length: 7 } })
    expect(await again.prune()).toBe(0)
    const oldest = (await again.list()).at(-1)?.createdAt ?? Number.NaN
    expect(await again.prune({ maxAge: Date.now() - oldest + 10_000 })).toBe(0)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
    try {
      expect(await again.prune({ maxAge: 5_000 })).toBe(2)
    } finally {
      vi.useRealTimers()
    }
    expect(await again.list()).toEqual([])
  })

  it('prunes itself as it grows', async () => {
    const options = { ...(await create()), maxRuns: 10 }
    await using history = await createHistory(options)
    await using driver = await createMockDriver({})
    await using executor = createExecutor({ driver, history, concurrency: 8 })
    await Promise.all(Array.from({ length: 250 }, () => executor.run({ image: 'x' })))
    await history.flush()
    await expect.poll(async () => (await history.list({ limit: 1_000 })).length).toBeLessThanOrEqual(60)
  })

  it('records several executors at once, also runs of the same id', async () => {
    await using history = await createHistory(await create())
    const one = async () => {
      await using driver = await createMockDriver(script)
      await using executor = createExecutor({ driver, history })
      await Promise.all(['a1', 'b1'].map(id => executor.run({ image: 'good', id })))
    }
    await Promise.all([one(), one(), one()])
    const all = await history.list()
    expect(all.map(({ id, status }) => `${id} ${status}`).toSorted()).toEqual([
      ...['a1 success', 'a1 success', 'a1 success', 'b1 success', 'b1 success', 'b1 success'],
    ])
    for (const { key } of all) expect((await history.get(key))?.transitions).toHaveLength(7)
  })

  it('holds a result back until its run is stored', async () => {
    const options = await create()
    const history = await createHistory(options)
    await using reader = await createHistory(options)
    await using driver = await createMockDriver(script)
    await using executor = createExecutor({ driver, history })
    for (const image of ['good', 'broken']) {
      const execution = executor.run({ image })
      await execution.catch(() => {})
      expect((await reader.get(execution.id))?.endedAt).toBeDefined()
    }
    await executor.close()
    await history.close()
  })
})
