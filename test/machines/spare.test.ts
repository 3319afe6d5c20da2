import { afterAll, describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { spareMachine } from '../../machines/spare.ts'
import type { SpareEvent } from '../../machines/types/spare.ts'
import { stateOf } from '../../src/utils/actors/follow-state.ts'
import { ActorStubs } from './actor-stubs.ts'
import { TransitionCoverage } from './transition-coverage.ts'

const coverage = new TransitionCoverage()

/** A place's actor whose engine and clock the test drives. */
function setup() {
  const clock = new SimulatedClock()
  const stubs = new ActorStubs()
  const machine = spareMachine.provide({ actors: { make: stubs.actor('make'), remove: stubs.actor('remove') } })
  const actor = createActor(machine, { input: { id: 's' }, clock, inspect: coverage.inspect })
  actor.start()
  return {
    clock,
    stubs,
    send(...types: SpareEvent['type'][]) {
      for (const type of types) actor.send({ type })
    },
    get state() {
      return stateOf(actor)
    },
    get context() {
      return actor.getSnapshot().context
    },
  }
}

/** A place whose container waits. */
async function free() {
  const spare = setup()
  await spare.stubs.settle()
  expect(spare.state).toBe('free')
  return spare
}

const failure = new Error('failed')

describe('a place for a spare container', () => {
  it('is empty after an adoption, until it is refilled', async () => {
    const spare = await free()
    spare.send('adopt')
    expect([spare.state, spare.stubs.calls]).toEqual(['adopted', ['make']])
    spare.send('refill')
    expect([spare.state, spare.stubs.calls]).toEqual(['making', ['make', 'make']])
  })

  it('gives its container away once only, and never one that is not there', async () => {
    const spare = setup()
    spare.send('adopt', 'refill', 'died')
    expect(spare.state).toBe('making')
    await spare.stubs.settle()
    spare.send('adopt', 'adopt', 'died', 'retire')
    expect(spare.state).toBe('adopted')
  })

  it('replaces a container whose image has changed', async () => {
    const spare = await free()
    spare.send('retire')
    expect(spare.state).toBe('removing')
    await spare.stubs.settle()
    expect([spare.state, spare.stubs.calls]).toEqual(['making', ['make', 'remove', 'make']])
  })

  it('replaces a container whose image has changed while it was made', async () => {
    const spare = setup()
    spare.send('retire')
    expect([spare.state, spare.context.isOutdated]).toEqual(['making', true])
    await spare.stubs.settle()
    expect(spare.state).toBe('removing')
    await spare.stubs.settle()
    expect([spare.state, spare.context.isOutdated]).toEqual(['making', false])
    await spare.stubs.settle()
    expect(spare.state).toBe('free')
  })

  it('removes what is left of a container that cannot be made, and makes the next at once', async () => {
    const spare = setup()
    await spare.stubs.settle(failure)
    expect([spare.state, spare.context.error]).toEqual(['removing', failure])
    await spare.stubs.settle()
    expect(spare.state).toBe('making')
  })

  it('waits before the next one after two failures in a row, longer each time, up to 10 s', async () => {
    const spare = setup()
    await spare.stubs.settle(failure)
    await spare.stubs.settle()
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]) {
      await spare.stubs.settle(failure)
      await spare.stubs.settle()
      expect(spare.state).toBe('pausing')
      spare.clock.increment(pause - 1)
      expect(spare.state).toBe('pausing')
      spare.clock.increment(1)
      expect(spare.state).toBe('making')
    }
    await spare.stubs.settle()
    spare.send('adopt')
    expect(spare.context.failures).toBe(0)
  })

  it('counts a container that dies as a failure', async () => {
    const spare = await free()
    spare.send('died')
    expect([spare.state, spare.context.failures]).toEqual(['removing', 1])
  })

  it('waits when a container cannot be removed, and keeps the error', async () => {
    const spare = await free()
    spare.send('retire')
    await spare.stubs.settle(failure)
    expect([spare.state, spare.context.removeError]).toEqual(['pausing', failure])
  })
})

describe('a close', () => {
  const ways: Record<string, (spare: ReturnType<typeof setup>) => Promise<void> | void> = {
    making: spare => spare.send('adopt', 'refill'),
    free: () => {},
    adopted: spare => spare.send('adopt'),
    removing: spare => spare.send('retire'),
    pausing: async spare => {
      spare.send('retire')
      await spare.stubs.settle(failure)
    },
  }
  for (const [state, way] of Object.entries(ways)) {
    it(`removes the container in '${state}', and makes none after that`, async () => {
      const spare = await free()
      await way(spare)
      expect(spare.state).toBe(state)
      spare.send('close')
      expect([spare.state, spare.stubs.calls.at(-1)]).toEqual(['closing', 'remove'])
      await spare.stubs.settle()
      spare.clock.increment(100_000)
      expect(spare.state).toBe('closed')
    })
  }

  it('ends and keeps the error when the removal fails', async () => {
    const spare = await free()
    spare.send('close')
    await spare.stubs.settle(failure)
    expect([spare.state, spare.context.removeError]).toEqual(['closed', failure])
  })
})

afterAll(() => coverage.expectComplete(spareMachine))
