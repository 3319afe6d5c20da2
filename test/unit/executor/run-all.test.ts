import { describe, expect, it, onTestFinished } from 'vitest'
import { createMockDriver, type MockScript } from '../../../src/driver/testing.ts'
import { createExecutor, type RunAllOptions } from '../../../src/index.ts'

function setup(script: MockScript, concurrency = 4) {
  const driver = createMockDriver(script)
  const executor = createExecutor({ driver, concurrency })
  onTestFinished(async () => {
    await executor.close({ force: true })
    await driver.close()
  })
  return executor
}

/** A source without an end, which counts what was taken and whether it was released. */
function endless(image = 'quick') {
  const state = { taken: 0, isReleased: false }
  const source = {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          state.taken += 1
          yield { image }
        }
      } finally {
        state.isReleased = true
      }
    },
  }
  return { source, state }
}

const forever = { runFor: Number.POSITIVE_INFINITY }
const nextTurn = () => new Promise(resolve => setImmediate(resolve))

describe('runAll over a source without an end', () => {
  it('takes twice the concurrency from it, and no more, until results are taken', async () => {
    const { source, state } = endless()
    const results = setup({ quick: {} }).runAll(source)
    await results.next()
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    expect(state.taken).toBeLessThanOrEqual(9)
    await results.return(undefined)
    await nextTurn()
    expect(state.isReleased).toBe(true)
  })

  it.each([true, false])('ends with its executor, and takes nothing more (settle: %s)', async settle => {
    const { source, state } = endless()
    const executor = setup({ quick: {} }, 2)
    const results = settle ? executor.runAll(source, { settle }) : executor.runAll(source)
    await results.next()
    await executor.close({ force: true })
    const { taken } = state
    const rest = async () => {
      for await (const _ of results);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLOSED' })
    expect(state.taken).toBeLessThanOrEqual(taken + 1)
    expect(state.isReleased).toBe(true)
  })

  it('takes as many as `ahead` says', async () => {
    const { source, state } = endless('slow')
    const results = setup({ slow: forever }).runAll(source, { ahead: 3 })
    const first = results.next()
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    expect(state.taken).toBe(3)
    void results.return(undefined)
    void first.catch(() => {})
  })

  it('ends when its signal aborts: tasks that were taken are yielded as cancelled, and the source is released', async () => {
    const { source, state } = endless('slow')
    const aborting = new AbortController()
    const results = setup({ slow: forever }).runAll(source, { signal: aborting.signal })
    setImmediate(() => aborting.abort())
    const statuses: string[] = []
    for await (const { status } of results) statuses.push(status)
    expect(new Set(statuses)).toEqual(new Set(['cancelled']))
    expect(statuses.length).toBeLessThanOrEqual(8)
    await nextTurn()
    expect(state.isReleased).toBe(true)
  })

  it('takes nothing when its signal has aborted before', async () => {
    const { source } = endless()
    const results = setup({ quick: {} }).runAll(source, { signal: AbortSignal.abort() })
    expect(await results.next()).toEqual({ done: true, value: undefined })
  })

  it('holds at most 64 MiB of results that are not taken', async () => {
    const chunk = new Uint8Array(8 * 2 ** 20)
    const { source, state } = endless()
    const results = setup({ quick: { stdout: chunk } }).runAll(source, { ahead: 1_000 })
    await results.next()
    for (let turn = 0; turn < 200; turn++) await nextTurn()
    expect(state.taken).toBeLessThan(30)
    await results.return(undefined)
  })
})

it('yields results as their tasks end when it is unordered', async () => {
  const images = { slow: { stdout: 'slow', runFor: 30 }, quick: { stdout: 'quick' } }
  const ids: string[] = []
  for await (const { id } of setup(images).runAll(
    [
      { image: 'slow', id: 'slow' },
      { image: 'quick', id: 'quick' },
    ],
    { unordered: true },
  ))
    ids.push(id)
  expect(ids).toEqual(['quick', 'slow'])
})

it('throws what its source throws, after the results before it', async () => {
  async function* failing() {
    yield { image: 'quick', id: 'first' }
    throw new Error('the queue is gone')
  }
  const results = setup({ quick: {} }).runAll(failing())
  expect((await results.next()).value).toMatchObject({ id: 'first' })
  await expect(results.next()).rejects.toThrow('the queue is gone')
})

it.each<[RunAllOptions, string]>([
  [{ ahead: 0 }, 'ahead: 0'],
  [{ ahead: 1.5 }, 'ahead: 1.5'],
  [{ unordered: 'yes' as never }, "unordered: 'yes'"],
  [{ timeout: 5 } as never, 'options.timeout'],
])('refuses %o', (options, message) => {
  expect(() => setup({ quick: {} }).runAll([], options)).toThrow(message)
})
