import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { HotFunction } from '../../../src/functions/function.ts'
import { deferred } from '../../../src/utils/deferred.ts'
import { setup } from './setup.ts'

// Patience is told by this clock; a test that is out of it sets it on.
let ahead = 0
const now = performance.now.bind(performance)
beforeEach(() => {
  ahead = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead)
  return () => vi.restoreAllMocks()
})

const size = { memory: '128m' }
const mebibytes = (count: number) => ({ memory: count * 2 ** 20, cpus: 0 })

/** Calls all the time, from so many callers, until it is told to stop. */
function load(fn: HotFunction, callers: number) {
  let over = false
  let calls = 0
  let waiters: { count: number; done: () => void }[] = []
  const lane = async () => {
    while (!over) {
      await (await fn.invoke()).text()
      calls += 1
      for (const { done } of waiters.filter(({ count }) => count <= calls)) done()
      waiters = waiters.filter(({ count }) => count > calls)
    }
  }
  const scheduler = Promise.all(Array.from({ length: callers }, lane))
  scheduler.catch(() => {})
  return {
    /** Resolves once so many more calls are done. */
    more: (count: number) => new Promise<void>(done => waiters.push({ count: calls + count, done })),
    async stop() {
      over = true
      await scheduler
    },
  }
}

describe('a function with more callers than containers', () => {
  it('starts only as many containers as fit, and keeps them', async () => {
    const { make, containers, scheduler } = setup({ memory: 256 * 2 ** 20 })
    const fn = make({}, size)
    const { more, stop } = load(fn, 12)
    await more(50)
    ahead += 60_000
    await more(50)
    expect([containers.length, fn.size, scheduler.waiting]).toEqual([2, 2, 0])
    await stop()
  })

  it('does not end its own for more of them where others hold the rest', async () => {
    const { make, containers, scheduler } = setup({ memory: 256 * 2 ** 20 })
    const held = deferred<void>()
    scheduler.add({ id: 'task', priority: 0, demand: mebibytes(128) }, () => held.promise)
    const fn = make({}, size)
    const { more, stop } = load(fn, 12)
    await more(50)
    ahead += 60_000
    await more(50)
    expect([containers.length, scheduler.waiting]).toEqual([1, 1])
    held.resolve()
    await more(50)
    await stop()
    expect(containers.length).toBeLessThanOrEqual(2)
  })

  it('gives up one of them for a task that waits behind its own requests', async () => {
    const { make, containers, scheduler } = setup({ memory: 256 * 2 ** 20 })
    const held = deferred<void>()
    scheduler.add({ id: 'held', priority: 0, demand: mebibytes(128) }, () => held.promise)
    const { more, stop } = load(make({}, size), 12)
    await more(10)
    const started = deferred<void>()
    const over = deferred<void>()
    scheduler.add({ id: 'task', priority: 0, demand: mebibytes(128) }, () => {
      started.resolve()
      return over.promise
    })
    await more(50)
    expect([started.settled, containers.length]).toEqual([false, 1])
    ahead += 60_000
    await started.promise
    over.resolve()
    await more(50)
    // The one that it gave, and the one that it got back when the task was over.
    expect(containers.length).toBe(2)
    held.resolve()
    await stop()
  })

  it('yields to a smaller task that has waited long and fits', async () => {
    const { make, containers, scheduler } = setup({ memory: 256 * 2 ** 20 })
    scheduler.add({ id: 'held', priority: 0, demand: mebibytes(64) }, () => new Promise(() => {}))
    const { more, stop } = load(make({}, size), 12)
    await more(10)
    // So many may pass what the function asks for; the last one may not.
    const passing = Array.from({ length: 17 }, (_, index) => {
      const started = deferred<void>()
      scheduler.add({ id: `task-${index}`, priority: 0, demand: mebibytes(64) }, async () => started.resolve())
      return started
    })
    await more(50)
    expect(passing.map(({ settled }) => settled)).toEqual([...Array(16).fill(true), false])
    ahead += 60_000
    await passing.at(-1)?.promise
    expect(containers.length).toBe(1)
    await stop()
  })
})

it('a function yields to one with fewer containers, and the two do not alternate', () => {
  const { host, scheduler } = setup({ concurrency: 1 })
  scheduler.add({ id: 'held', priority: 0, demand: mebibytes(0) }, () => new Promise(() => {}))
  const waits = { size: 1 }
  const { withdraw } = host.admit('waits', mebibytes(0), waits)
  expect(host.mustYield({ size: 3 })).toBe(false)
  ahead += 60_000
  expect([1, 2, 3].map(size => host.mustYield({ size }))).toEqual([false, false, true])
  expect(host.mustYield(waits)).toBe(false)
  withdraw()
  host.admit('has none', mebibytes(0), { size: 0 })
  ahead += 60_000
  expect(host.mustYield({ size: 1 })).toBe(true)
})

describe('prewarm', () => {
  it('resolves for each caller when its number of containers listen', async () => {
    const { make } = setup()
    const fn = make({}, { maxContainers: 2 })
    await Promise.all([fn.prewarm(1), fn.prewarm(1)])
    expect(fn.size).toBe(1)
    await Promise.all([fn.prewarm(0), fn.prewarm(7), fn.prewarm(1), fn.prewarm(Number.POSITIVE_INFINITY)])
    expect(fn.size).toBe(2)
  })

  it('counts none that does not listen yet, or any more', async () => {
    const { make, containers } = setup()
    const ready = deferred<void>()
    const fn = make({ ready: ready.promise })
    const first = fn.prewarm(1)
    await expect.poll(() => fn.size).toBe(1)
    const second = fn.prewarm(1)
    ready.resolve()
    await Promise.race([first, second])
    expect(containers[0]?.isListening).toBe(true)
    await Promise.all([first, second])
    // It is on its way out.
    await containers[0]?.exit()
    await fn.prewarm(1)
    expect([containers.length, containers[1]?.isListening]).toEqual([2, true])
  })

  it('makes as many as fit, and ends none of its own for more', async () => {
    const { make, containers } = setup({ memory: 256 * 2 ** 20 })
    const fn = make({}, size)
    await fn.prewarm(4)
    expect([fn.size, containers.length]).toEqual([2, 2])
  })

  it('refuses an invalid number of containers', async () => {
    const { make } = setup({ concurrency: Number.POSITIVE_INFINITY })
    const fn = make()
    for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2' as never]) {
      await expect(fn.prewarm(count)).rejects.toMatchObject({
        code: 'ERR_COOKIETIN_INVALID_TASK',
        issues: [{ field: 'count' }],
      })
    }
  })
})

describe('calls behind a queue without end', () => {
  const demand = { memory: 0, cpus: 0 }

  /** Tasks of one turn of the event loop, so many queued at any time, until it is stopped. */
  function endlessTasks(scheduler: ReturnType<typeof setup>['scheduler'], queued: number) {
    let over = false
    let ran = 0
    const add = (id: number) => {
      scheduler.add({ id: `task-${id}`, priority: 0, demand }, async () => {
        await new Promise(resolve => setTimeout(resolve, 2))
        ran += 1
        if (!over) add(id + queued)
      })
    }
    for (let id = 0; id < queued; id++) add(id)
    return {
      ran: () => ran,
      stop: () => {
        over = true
      },
    }
  }

  it.each([
    [1, 1, 8],
    [2, 1, 4],
    [4, 3, 50],
    [1, 2, 8],
  ])('are answered: %i places, %i functions, %i tasks queued at any time', async (concurrency, count, queued) => {
    const { make, scheduler } = setup({ concurrency })
    const tasks = endlessTasks(scheduler, queued)
    const functions = Array.from({ length: count }, () => make())
    ahead += 60_000
    const answers = functions.map(async fn => {
      for (let call = 0; call < 5; call++) {
        // All that waits has waited long: nothing is left to patience.
        ahead += 1_000
        expect(await (await fn.invoke({ timeout: 20_000 })).text()).toBe('ok')
      }
    })
    await Promise.all(answers)
    const before = tasks.ran()
    expect(before).toBeGreaterThan(0)
    tasks.stop()
  })

  it.each([
    ['one after the other', 1],
    ['at once', 6],
  ])('are not behind all of it: calls %s', async (_, atOnce) => {
    const { make, scheduler } = setup({ concurrency: 2 })
    const tasks = endlessTasks(scheduler, 400)
    const fn = make()
    const passed: number[] = []
    for (let round = 0; round < 4; round++) {
      // All that waits has waited long: a container goes after one call.
      ahead += 1_000
      const before = tasks.ran()
      const calls = Array.from({ length: atOnce }, async () => await (await fn.invoke({ timeout: 60_000 })).text())
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['ok']))
      passed.push(tasks.ran() - before)
    }
    tasks.stop()
    expect(Math.max(...passed)).toBeLessThan(200)
  })
})
