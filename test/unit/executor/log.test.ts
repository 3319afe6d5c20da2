import { EMPTY } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMockDriver } from '../../../src/driver/testing.ts'
import { guardedRecorder } from '../../../src/executor/observers/guarded-log.ts'
import { createExecutor, type RunLog, type RunRecorder } from '../../../src/index.ts'
import { setup as setupFunctions } from '../functions/setup.ts'

/** An executor whose log is wrong in one way, and the warnings of the process. */
function setup(recorder: Partial<RunRecorder>) {
  const warnings: string[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)))
  const history: RunLog = { follow: () => ({ created() {}, ended: async () => {}, ...recorder }) }
  const driver = createMockDriver({ quick: { stdout: 'hi' } })
  const executor = createExecutor({ driver, history })
  onTestFinished(async () => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    await executor.close({ force: true })
    await driver.close()
  })
  return { executor, warnings }
}

const fail = () => {
  throw new Error('no room')
}

/** A function whose calls a log gets. */
function callsOf(called: NonNullable<RunRecorder['called']>) {
  const log: RunLog = { follow: () => ({ created() {}, ended: async () => {}, called }) }
  return setupFunctions({ recorder: guardedRecorder(log, EMPTY) }).make({}, { name: 'greet' })
}

describe('a log of runs that', () => {
  it.each([
    ['throws when a run is queued', { created: fail }],
    ['throws when a run has ended', { ended: fail }],
    ['rejects when a run has ended', { ended: async () => fail() }],
  ])('%s loses no result, takes no id, and is a process warning', async (_, recorder) => {
    const { executor, warnings } = setup(recorder)
    for (let run = 0; run < 2; run++) {
      expect(await executor.run({ image: 'quick', id: 'same-id' })).toMatchObject({ status: 'success', stdout: 'hi' })
      await executor.onIdle()
    }
    expect(warnings.length).toBe(2)
    expect(warnings[0]).toContain('could not record run same-id: no room')
  })

  it('never answers holds a result back for 15 s at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { executor, warnings } = setup({ ended: () => new Promise(() => {}) })
    const execution = executor.run({ image: 'quick' })
    for (let turn = 0; turn < 20; turn++) {
      await vi.advanceTimersByTimeAsync(1_000)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect((await execution).status).toBe('success')
    expect(warnings[0]).toContain('did not answer within 15000 ms')
  })

  it('asks for calls gets each with the name of its function', async () => {
    const seen: unknown[] = []
    const fn = callsOf((call, { status, isCold }) => seen.push([call.functionName, status, isCold]))
    for (let call = 0; call < 2; call++) await (await fn.invoke()).text()
    await fn.close()
    expect(seen).toEqual([
      ['greet', 200, true],
      ['greet', 200, false],
    ])
  })

  it('throws at a call loses no response, and is a process warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const fn = callsOf(fail)
    expect((await fn.invoke()).status).toBe(200)
    await fn.close()
    expect(warn.mock.calls[0]?.[0]).toMatch(/could not record call \w+: no room/)
  })

  it('cannot follow is an error of the executor, with its code', async () => {
    await using driver = createMockDriver({})
    expect(() => createExecutor({ driver, history: { follow: fail } })).toThrow(
      expect.objectContaining({ code: 'ERR_COOKIETIN_HISTORY_FAILED' }),
    )
  })
})
