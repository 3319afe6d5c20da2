import { afterAll, describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { runMachine } from '../../machines/run.ts'
import type { RunInput } from '../../machines/types/run.ts'
import { ActorStubs, driven } from './actor-stubs.ts'
import { TransitionCoverage } from './transition-coverage.ts'

const coverage = new TransitionCoverage()

/** A run's actor whose attempts and clock the test drives. */
function setup(input: Partial<RunInput> = {}) {
  const clock = new SimulatedClock()
  const stubs = new ActorStubs()
  const actors = { attempt: stubs.actor<boolean>('attempt'), judge: stubs.actor<boolean>('judge') }
  const actor = createActor(runMachine.provide({ actors }), {
    input: { id: 'r', attempts: 3, delay: 1_000, maxDelay: 1_500, jitter: 1, ...input },
    clock,
    inspect: coverage.inspect,
  })
  actor.start()
  return driven(actor, stubs, clock)
}

describe('a run', () => {
  it('ends with the first attempt that does not fail', async () => {
    const run = setup()
    expect([run.state, run.context.attempt]).toEqual(['attempting', 1])
    await run.settle(false)
    expect([run.state, run.calls]).toEqual(['ended', ['attempt']])
  })

  it('makes another attempt after a delay that doubles, up to its bound, while the judge wants it', async () => {
    const run = setup()
    const waits: number[] = []
    for (const attempt of [1, 2]) {
      await run.settle(true)
      expect(run.state).toBe('judging')
      await run.settle(true)
      expect(run.state).toBe('waiting')
      waits.push(run.context.wait)
      run.clock.increment(run.context.wait - 1)
      expect(run.state).toBe('waiting')
      run.clock.increment(1)
      expect([run.state, run.context.attempt]).toEqual(['attempting', attempt + 1])
    }
    expect(waits).toEqual([1_000, 1_500])
  })

  it('makes no more attempts than it may', async () => {
    const run = setup({ attempts: 1 })
    await run.settle(true)
    expect([run.state, run.calls]).toEqual(['ended', ['attempt']])
  })

  it('ends when the judge does not want another attempt', async () => {
    const run = setup()
    await run.settle(true)
    await run.settle(false)
    expect([run.state, run.context.attempt]).toEqual(['ended', 1])
  })

  it('ends when an actor fails', async () => {
    const first = setup()
    await first.settle(new Error('so it was'))
    expect(first.state).toBe('ended')
    const second = setup()
    await second.settle(true)
    await second.settle(new Error('so it was'))
    expect(second.state).toBe('ended')
  })

  it('waits up to half as long by chance', async () => {
    const run = setup({ jitter: 0 })
    await run.settle(true)
    await run.settle(true)
    expect(run.context.wait).toBe(500)
  })
})

describe('a cancelled run', () => {
  it('makes no attempt after the present one, however that ends', async () => {
    const run = setup()
    run.cancel()
    expect([run.state, run.aborted()]).toEqual(['attempting', false])
    await run.settle(true)
    expect([run.state, run.calls]).toEqual(['ended', ['attempt']])
  })

  it('ends at once while it judges or waits', async () => {
    const judging = setup()
    await judging.settle(true)
    judging.cancel()
    expect([judging.state, judging.aborted()]).toEqual(['ended', true])
    const waiting = setup()
    await waiting.settle(true)
    await waiting.settle(true)
    waiting.cancel()
    waiting.clock.increment(10_000)
    expect([waiting.state, waiting.context.attempt]).toEqual(['ended', 1])
  })
})

afterAll(() => coverage.expectComplete(runMachine))
