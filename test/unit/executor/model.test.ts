import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMockDriver, type MockRun } from '../../../src/driver/testing.ts'
import { type CookieState, CookietinError, createExecutor, type Execution } from '../../../src/index.ts'
import { parameters } from '../../support/models/seed.ts'

// An executor under random loads: tasks of any size and priority, with cancels, freezes and closes at any time, also by its subscribers.

interface Job {
  readonly run: MockRun
  readonly memory: number
  readonly priority: number
  readonly act: 'cancel' | 'freeze' | 'abort' | undefined
  readonly at: CookieState
}

const job: fc.Arbitrary<Job> = fc.record({
  run: fc.record({
    exitCode: fc.constantFrom(0, 1, 137),
    runFor: fc.integer({ min: 0, max: 3 }),
    stdout: fc.constantFrom('', 'output'),
    startError: fc.option(fc.constant(new Error('no start')), { nil: undefined as never, freq: 8 }),
  }),
  memory: fc.constantFrom(0, 0, 64, 128, 256).map(size => size * 2 ** 20),
  priority: fc.integer({ min: -1, max: 1 }),
  act: fc.option(fc.constantFrom('cancel' as const, 'freeze' as const, 'abort' as const), { nil: undefined, freq: 2 }),
  at: fc.constantFrom<CookieState>('created', 'preparing', 'starting', 'running', 'done'),
})

it('an executor keeps its bounds, settles every run, and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(256, 300, Number.POSITIVE_INFINITY),
      fc.boolean(),
      async (jobs, concurrency, mebibytes, force) => {
        const driver = createMockDriver(({ id }) => jobs[Number(id.slice('job-'.length))]?.run ?? {})
        const memory = mebibytes * 2 ** 20
        const executor = createExecutor({ driver, concurrency, memory })
        const held = new Map<string, number>()
        let isBounded = true
        let isComplete = false
        executor.transitions$.subscribe({
          next: ({ id, to }) => {
            const size = jobs[Number(id.slice('job-'.length))]?.memory ?? 0
            if (to === 'preparing') held.set(id, size)
            if (['done', 'timeout', 'killed', 'cancelled', 'failed'].includes(to)) held.delete(id)
            const used = [...held.values()].reduce((sum, each) => sum + each, 0)
            if (held.size > concurrency || used > memory) isBounded = false
          },
          complete: () => {
            isComplete = true
          },
        })
        const runs = jobs.map(({ memory, priority, act, at }, index): Execution => {
          const aborting = new AbortController()
          const task = { image: 'any', id: `job-${index}`, ...(memory > 0 && { memory }) }
          const execution = executor.run(task, { priority, signal: aborting.signal })
          execution.catch(() => {})
          let hasActed = false
          execution.state$.subscribe(state => {
            // Once: a freeze and a thaw lead back to `running`.
            if (state !== at || hasActed) return
            hasActed = true
            if (act === 'cancel') execution.cancel()
            if (act === 'abort') aborting.abort()
            if (act === 'freeze')
              execution
                .freeze()
                .then(() => execution.unfreeze())
                .catch(() => {})
          })
          return execution
        })
        if (force) await new Promise(resolve => setImmediate(resolve))
        await executor.close({ force })
        const outcomes = await Promise.allSettled(runs)
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(CookietinError)
          else expect(outcome.value.error === undefined).toBe(outcome.value.status === 'success')
        }
        expect({ isBounded, isComplete, pending: executor.pending, size: executor.size }).toEqual({
          isBounded: true,
          isComplete: true,
          pending: 0,
          size: 0,
        })
        expect([...executor.executions]).toEqual([])
        expect(driver.remaining).toEqual([])
        await driver.close()
      },
    ),
    { ...parameters, numRuns: Math.ceil(parameters.numRuns / 3) },
  )
})
