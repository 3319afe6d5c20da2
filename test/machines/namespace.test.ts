import { afterAll, describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { buddyMachine } from '../../machines/namespace.ts'
import type { BuddyEvent, BuddyInput } from '../../machines/namespace-types.ts'
import { Hands, Walk } from './actor-stubs.ts'

const walk = new Walk()

/** A buddy's actor whose engine and clock are in the hands of the test. */
function rig(input: Partial<BuddyInput> = {}) {
  const clock = new SimulatedClock()
  const hands = new Hands()
  const machine = buddyMachine.provide({ actors: { make: hands.actor('make'), remove: hands.actor('remove') } })
  const actor = createActor(machine, {
    input: { id: 'b', maxUses: 1, rest: 0, ...input },
    clock,
    inspect: walk.inspect,
  })
  actor.start()
  return {
    clock,
    hands,
    async send(...types: BuddyEvent['type'][]) {
      for (const type of types) actor.send({ type })
    },
    get state() {
      return actor.getSnapshot().value
    },
    get context() {
      return actor.getSnapshot().context
    },
  }
}

/** One that is free. */
async function free(input?: Partial<BuddyInput>) {
  const buddy = rig(input)
  await buddy.hands.settle()
  expect(buddy.state).toBe('free')
  return buddy
}

const failure = new Error('so it was')

describe('a namespace', () => {
  it('that is used once is made anew after each cookie', async () => {
    const buddy = await free()
    await buddy.send('lease')
    expect(buddy.state).toBe('leased')
    await buddy.send('release')
    expect(buddy.state).toBe('removing')
    await buddy.hands.settle()
    expect([buddy.state, buddy.hands.calls]).toEqual(['making', ['make', 'remove', 'make']])
    await buddy.hands.settle()
    expect([buddy.state, buddy.context.uses]).toEqual(['free', 0])
  })

  it('that is used again is free at once, until its uses are over', async () => {
    const buddy = await free({ maxUses: 2 })
    await buddy.send('lease', 'release')
    expect([buddy.state, buddy.context.uses]).toEqual(['free', 1])
    await buddy.send('lease', 'release')
    expect(buddy.state).toBe('removing')
  })

  it('rests between two cookies where it should', async () => {
    const buddy = await free({ maxUses: Number.POSITIVE_INFINITY, rest: 60_000 })
    await buddy.send('lease', 'release')
    buddy.clock.increment(59_999)
    expect(buddy.state).toBe('resting')
    buddy.clock.increment(1)
    expect(buddy.state).toBe('free')
  })

  it('that nobody has taken cannot be given back, and one that is taken cannot be taken', async () => {
    const buddy = await free()
    await buddy.send('release')
    expect(buddy.state).toBe('free')
    await buddy.send('lease', 'lease')
    expect([buddy.state, buddy.context.uses]).toEqual(['leased', 1])
  })
})

describe('a buddy that dies', () => {
  it('is replaced at once, wherever it was', async () => {
    for (const before of [[], ['lease'], ['lease', 'release']] as BuddyEvent['type'][][]) {
      const buddy = await free({ maxUses: 9, rest: 1_000 })
      await buddy.send(...before, 'died')
      expect(buddy.state).toBe('removing')
      await buddy.hands.settle()
      expect(buddy.state).toBe('making')
    }
  })

  it('again and again is replaced after a pause that doubles, up to its bound', async () => {
    const buddy = await free()
    for (const pause of [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      await buddy.send('died')
      await buddy.hands.settle()
      if (pause > 0) {
        buddy.clock.increment(pause - 1)
        expect(buddy.state).toBe('pausing')
        buddy.clock.increment(1)
      }
      expect(buddy.state).toBe('making')
      await buddy.hands.settle()
    }
    await buddy.send('lease')
    expect(buddy.context.failures).toBe(0)
  })

  it('is made again when making it failed, and says why', async () => {
    const buddy = rig()
    await buddy.hands.settle(failure)
    expect([buddy.state, buddy.context.error]).toEqual(['removing', failure])
    await buddy.hands.settle()
    expect(buddy.state).toBe('making')
  })

  it('is made again after a pause when it could not be removed, and says so', async () => {
    const buddy = await free()
    await buddy.send('died')
    await buddy.hands.settle(failure)
    expect([buddy.state, buddy.context.removeError]).toEqual(['pausing', failure])
    buddy.clock.increment(100)
    expect(buddy.state).toBe('making')
  })
})

describe('closing', () => {
  const ways: Record<string, (buddy: Awaited<ReturnType<typeof free>>) => Promise<unknown>> = {
    free: async () => {},
    leased: buddy => buddy.send('lease'),
    resting: buddy => buddy.send('lease', 'release'),
    removing: buddy => buddy.send('died'),
    pausing: async buddy => {
      await buddy.send('died')
      await buddy.hands.settle(failure)
    },
    making: async buddy => {
      await buddy.send('died')
      await buddy.hands.settle()
    },
  }

  for (const [state, way] of Object.entries(ways)) {
    it(`removes what there is of a buddy that is ${state}, and ends`, async () => {
      const buddy = await free({ maxUses: 9, rest: 1_000 })
      await way(buddy)
      expect(buddy.state).toBe(state)
      await buddy.send('close')
      expect([buddy.state, buddy.hands.calls.at(-1)]).toEqual(['closing', 'remove'])
      await buddy.hands.settle()
      buddy.clock.increment(100_000)
      expect(buddy.state).toBe('closed')
    })
  }

  it('ends, with the reason kept, when the removal fails', async () => {
    const buddy = await free()
    await buddy.send('close')
    await buddy.hands.settle(failure)
    expect([buddy.state, buddy.context.removeError]).toEqual(['closed', failure])
  })
})

afterAll(() => walk.expectWhole(buddyMachine))
