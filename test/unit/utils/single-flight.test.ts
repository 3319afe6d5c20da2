import { expect, test, vi } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { type FlightWork, SingleFlight } from '../../../src/utils/single-flight.ts'

/** Work that the test settles itself. */
function manualWork() {
  const starts: AbortSignal[] = []
  const controls: { report: (progress: number) => void; resolve: () => void; reject: (error: unknown) => void }[] = []
  const work: FlightWork<number> = (signal, report) => {
    starts.push(signal)
    return new Promise((resolve, reject) => controls.push({ report, resolve, reject }))
  }
  return { starts, controls, work }
}

function setup() {
  const flights = new SingleFlight<number>()
  const { starts, controls, work } = manualWork()
  const run = (key = 'a') => {
    const caller = new AbortController()
    const onProgress = vi.fn()
    const done = flights.run(key, { signal: caller.signal, doing: 'pull image x', onProgress }, work)
    done.catch(() => {})
    const progress = () => onProgress.mock.calls.flat()
    return { caller, done, progress }
  }
  return { run, starts, controls }
}

test('callers of the same key share the work and its progress; late callers get the latest progress at once', async () => {
  const { run, starts, controls } = setup()
  const first = run()
  controls[0]?.report(1)
  controls[0]?.report(2)
  const second = run()
  controls[0]?.report(3)
  expect([first.progress(), second.progress()]).toEqual([
    [1, 2, 3],
    [2, 3],
  ])
  controls[0]?.resolve()
  await Promise.all([first.done, second.done])
  expect(starts).toHaveLength(1)
})

test('other keys, and later callers, start work of their own', async () => {
  const { run, starts, controls } = setup()
  const first = run('a')
  const other = run('b')
  controls[0]?.resolve()
  controls[1]?.resolve()
  await Promise.all([first.done, other.done])
  const later = run('a')
  expect([starts.length, later.progress()]).toEqual([3, []])
})

test('a caller that gives up rejects at once and leaves the work to the others', async () => {
  const { run, starts, controls } = setup()
  const [first, second] = [run(), run()]
  first.caller.abort()
  await expect(first.done).rejects.toMatchObject({
    code: 'ERR_COOKIETIN_CANCELLED',
    message: 'Could not pull image x: it was cancelled',
  })
  expect(starts[0]?.aborted).toBe(false)
  controls[0]?.report(1)
  controls[0]?.resolve()
  await second.done
  expect([first.progress(), second.progress()]).toEqual([[], [1]])
})

test('the last caller to give up aborts the work, and the next caller starts new work', async () => {
  const { run, starts, controls } = setup()
  const [first, second] = [run(), run()]
  first.caller.abort()
  expect(starts[0]?.aborted).toBe(false)
  second.caller.abort()
  expect(starts[0]?.aborted).toBe(true)
  const third = run()
  controls[0]?.report(1)
  controls[0]?.reject(new Error('aborted'))
  controls[1]?.report(2)
  controls[1]?.resolve()
  await third.done
  expect([starts.length, third.progress()]).toEqual([2, [2]])
})

test('each caller gets a copy of the error', async () => {
  const { run, controls } = setup()
  const callers = [run(), run()]
  controls[0]?.reject(new CookietinError('ERR_COOKIETIN_PULL_FAILED', 'no', { retryable: true, leaked: ['x'] }))
  const errors = await Promise.all(callers.map(({ done }) => done.catch((error: unknown) => error)))
  expect(errors).toMatchObject(Array(2).fill({ code: 'ERR_COOKIETIN_PULL_FAILED', retryable: true, leaked: ['x'] }))
  expect(errors[0]).not.toBe(errors[1])
})

test('a caller whose signal is aborted already starts no work', async () => {
  const flights = new SingleFlight<number>()
  const work = vi.fn<FlightWork<number>>()
  const run = flights.run('a', { signal: AbortSignal.abort(), doing: 'pull', onProgress: () => {} }, work)
  await expect(run).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
  expect(work).not.toHaveBeenCalled()
})
