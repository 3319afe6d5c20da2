import { afterAll, describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { namespaceMachine } from '../../machines/namespace.ts'
import type { NamespaceEvent, NamespaceInput } from '../../machines/types/namespace.ts'
import { stateOf } from '../../src/utils/actors/follow-state.ts'
import { ActorStubs } from './actor-stubs.ts'
import { TransitionCoverage } from './transition-coverage.ts'

const coverage = new TransitionCoverage()

/** A namespace's actor whose engine and clock the test drives. */
function setup(input: Partial<NamespaceInput> = {}) {
  const clock = new SimulatedClock()
  const stubs = new ActorStubs()
  const machine = namespaceMachine.provide({ actors: { make: stubs.actor('make'), remove: stubs.actor('remove') } })
  const actor = createActor(machine, {
    input: { id: 'b', maxUses: 1, rest: 0, ...input },
    clock,
    inspect: coverage.inspect,
  })
  actor.start()
  return {
    clock,
    stubs,
    async send(...types: NamespaceEvent['type'][]) {
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

/** A free namespace. */
async function free(input?: Partial<NamespaceInput>) {
  const namespace = setup(input)
  await namespace.stubs.settle()
  expect(namespace.state).toBe('free')
  return namespace
}

const failure = new Error('failed')

describe('a namespace', () => {
  it('that is used once is made anew after each cookie', async () => {
    const namespace = await free()
    await namespace.send('lease')
    expect(namespace.state).toBe('leased')
    await namespace.send('release')
    expect(namespace.state).toBe('removing')
    await namespace.stubs.settle()
    expect([namespace.state, namespace.stubs.calls]).toEqual(['making', ['make', 'remove', 'make']])
    await namespace.stubs.settle()
    expect([namespace.state, namespace.context.usesLeft]).toEqual(['free', 1])
  })

  it('of several uses is free again at once, until it is used up', async () => {
    const namespace = await free({ maxUses: 2 })
    await namespace.send('lease', 'release')
    expect([namespace.state, namespace.context.usesLeft]).toEqual(['free', 1])
    await namespace.send('lease', 'release')
    expect(namespace.state).toBe('removing')
  })

  it('rests between two cookies', async () => {
    const namespace = await free({ maxUses: Number.POSITIVE_INFINITY, rest: 60_000 })
    await namespace.send('lease', 'release')
    namespace.clock.increment(59_999)
    expect(namespace.state).toBe('resting')
    namespace.clock.increment(1)
    expect(namespace.state).toBe('free')
  })

  it('is made anew when another kind is needed in its place, but only while it is free', async () => {
    const namespace = await free({ maxUses: 9 })
    await namespace.send('lease', 'retire')
    expect(namespace.state).toBe('leased')
    await namespace.send('release', 'retire')
    expect(namespace.state).toBe('removing')
    await namespace.stubs.settle()
    expect([namespace.state, namespace.context.failures]).toEqual(['making', 0])
  })

  it('ignores a release when it is free, and a lease when it is leased', async () => {
    const namespace = await free()
    await namespace.send('release')
    expect(namespace.state).toBe('free')
    await namespace.send('lease', 'lease')
    expect([namespace.state, namespace.context.usesLeft]).toEqual(['leased', 0])
  })
})

describe('a namespace that dies', () => {
  it('is replaced at once, from every usable state', async () => {
    for (const before of [[], ['lease'], ['lease', 'release']] as NamespaceEvent['type'][][]) {
      const namespace = await free({ maxUses: 9, rest: 1_000 })
      await namespace.send(...before, 'died')
      expect(namespace.state).toBe('removing')
      await namespace.stubs.settle()
      expect(namespace.state).toBe('making')
    }
  })

  it('repeatedly is replaced after a pause that doubles, up to its bound', async () => {
    const namespace = await free()
    for (const pause of [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      await namespace.send('died')
      await namespace.stubs.settle()
      if (pause > 0) {
        namespace.clock.increment(pause - 1)
        expect(namespace.state).toBe('pausing')
        namespace.clock.increment(1)
      }
      expect(namespace.state).toBe('making')
      await namespace.stubs.settle()
    }
    await namespace.send('lease')
    expect(namespace.context.failures).toBe(0)
  })

  it('is made again when making it failed, and keeps the error', async () => {
    const namespace = setup()
    await namespace.stubs.settle(failure)
    expect([namespace.state, namespace.context.error]).toEqual(['removing', failure])
    await namespace.stubs.settle()
    expect(namespace.state).toBe('making')
  })

  it('is made again after a pause when it could not be removed, and keeps the error', async () => {
    const namespace = await free()
    await namespace.send('died')
    await namespace.stubs.settle(failure)
    expect([namespace.state, namespace.context.removeError]).toEqual(['pausing', failure])
    namespace.clock.increment(100)
    expect(namespace.state).toBe('making')
  })
})

describe('closing', () => {
  const ways: Record<string, (namespace: Awaited<ReturnType<typeof free>>) => Promise<unknown>> = {
    free: async () => {},
    leased: namespace => namespace.send('lease'),
    resting: namespace => namespace.send('lease', 'release'),
    removing: namespace => namespace.send('died'),
    pausing: async namespace => {
      await namespace.send('died')
      await namespace.stubs.settle(failure)
    },
    making: async namespace => {
      await namespace.send('died')
      await namespace.stubs.settle()
    },
  }

  for (const [state, way] of Object.entries(ways)) {
    it(`removes the container of a namespace that is ${state}, and ends`, async () => {
      const namespace = await free({ maxUses: 9, rest: 1_000 })
      await way(namespace)
      expect(namespace.state).toBe(state)
      await namespace.send('close')
      expect([namespace.state, namespace.stubs.calls.at(-1)]).toEqual(['closing', 'remove'])
      await namespace.stubs.settle()
      namespace.clock.increment(100_000)
      expect(namespace.state).toBe('closed')
    })
  }

  it('ends and keeps the error when the removal fails', async () => {
    const namespace = await free()
    await namespace.send('close')
    await namespace.stubs.settle(failure)
    expect([namespace.state, namespace.context.removeError]).toEqual(['closed', failure])
  })
})

afterAll(() => coverage.expectComplete(namespaceMachine))
