import { afterAll, describe, expect, it } from 'vitest'
import { type Actor, type AnyActorRef, createActor, fromPromise, SimulatedClock } from 'xstate'
import { longestDelay } from '../../machines/clock.ts'
import { slotMachine } from '../../machines/slot.ts'
import type { SlotEvent, SlotInput } from '../../machines/types/slot.ts'
import type { SlotState } from '../../src/functions/slot/slot.ts'
import { stateOf } from '../../src/utils/actors/follow-state.ts'
import { flush } from './flush.ts'
import { TransitionCoverage } from './transition-coverage.ts'

type Call = 'launch' | 'listen' | 'freeze' | 'unfreeze' | 'retire'
type State = SlotState

const coverage = new TransitionCoverage()
const error = new Error('it broke')

/** A slot's actor whose container and clock the test drives. */
class SlotSetup {
  readonly clock = new SimulatedClock()
  readonly actor: Actor<typeof slotMachine>
  readonly #pending = new Map<Call, { resolve: () => void; reject: (error: Error) => void }>()

  constructor(input: Partial<SlotInput>) {
    const call = (name: Call) =>
      fromPromise<void, AnyActorRef>(
        () => new Promise((resolve, reject) => this.#pending.set(name, { resolve, reject })),
      )
    const machine = slotMachine.provide({
      actors: {
        launch: call('launch'),
        listen: call('listen'),
        freeze: call('freeze'),
        unfreeze: call('unfreeze'),
        retire: call('retire'),
      },
    })
    this.actor = createActor(machine, {
      input: { id: 's1', freezeAfter: 50, idleTimeout: 30_000, launchTimeout: 5_000, ...input },
      clock: this.clock,
      inspect: coverage.inspect,
    })
    this.actor.start()
  }

  get state(): State {
    return stateOf(this.actor)
  }
  get context() {
    return this.actor.getSnapshot().context
  }
  send(event: SlotEvent | 'call' | 'served' | 'evict' | 'close'): this {
    this.actor.send(typeof event === 'string' ? { type: event } : event)
    return this
  }
  async answer(call: Call, failure?: Error): Promise<this> {
    const pending = this.#pending.get(call)
    if (pending === undefined) throw new Error(`the machine has not called ${call}`)
    if (failure === undefined) pending.resolve()
    else pending.reject(failure)
    await flush()
    return this
  }
}

const ways: Record<State, (slot: SlotSetup) => unknown> = {
  launching: () => {},
  listening: slot => slot.answer('launch'),
  idle: async slot => {
    await ways.listening(slot)
    await slot.answer('listen')
  },
  freezing: async slot => {
    await ways.idle(slot)
    slot.clock.increment(50)
  },
  frozen: async slot => {
    await ways.freezing(slot)
    await slot.answer('freeze')
  },
  unfreezing: async slot => {
    await ways.frozen(slot)
    slot.send('call')
  },
  busy: async slot => {
    await ways.idle(slot)
    slot.send('call')
  },
  draining: slot => slot.send('close'),
  gone: async slot => {
    await ways.draining(slot)
    await slot.answer('retire')
  },
}

async function reach(state: State, input: Partial<SlotInput> = {}): Promise<SlotSetup> {
  const slot = new SlotSetup(input)
  await ways[state](slot)
  expect(slot.state).toBe(state)
  return slot
}

describe('a slot', () => {
  it('launches, listens, waits, serves and waits again', async () => {
    const slot = await reach('busy')
    expect(slot.send('served').state).toBe('idle')
  })

  it('freezes after a time without calls, and thaws for a call', async () => {
    const slot = await reach('idle')
    slot.clock.increment(49)
    expect(slot.state).toBe('idle')
    slot.clock.increment(1)
    expect((await slot.answer('freeze')).state).toBe('frozen')
    expect(slot.send('call').state).toBe('unfreezing')
    expect((await slot.answer('unfreeze')).state).toBe('busy')
  })

  it('serves a call that came during a freeze, after the freeze', async () => {
    const slot = (await reach('freezing')).send('call')
    expect((await slot.answer('freeze')).state).toBe('unfreezing')
  })

  it('expires after its idle time, thawed or frozen', async () => {
    const slot = await reach('frozen')
    slot.clock.increment(29_949)
    expect(slot.state).toBe('frozen')
    slot.clock.increment(1)
    expect([slot.state, slot.context.cause]).toEqual(['draining', 'idle'])
    const thawed = await reach('idle', { freezeAfter: Number.POSITIVE_INFINITY })
    thawed.clock.increment(30_000)
    expect([thawed.state, thawed.context.cause]).toEqual(['draining', 'idle'])
  })

  it('does not freeze or expire without these times', async () => {
    const slot = await reach('idle', { freezeAfter: Number.POSITIVE_INFINITY, idleTimeout: Number.POSITIVE_INFINITY })
    slot.clock.increment(longestDelay)
    expect(slot.state).toBe('idle')
  })

  it('ends when it does not listen in time', async () => {
    const slot = await reach('listening')
    slot.clock.increment(5_000)
    expect([slot.state, slot.context.cause]).toEqual(['draining', 'launchTimeout'])
  })

  it.each([
    ['launching', 'launch', 'launchFailed'],
    ['listening', 'listen', 'launchFailed'],
    ['freezing', 'freeze', 'freezeFailed'],
    ['unfreezing', 'unfreeze', 'freezeFailed'],
  ] as const)('ends when it fails while %s', async (state, call, cause) => {
    const slot = await (await reach(state)).answer(call, error)
    expect([slot.state, slot.context.cause, slot.context.error]).toEqual(['draining', cause, error])
  })

  it.each(['launching', 'listening', 'idle', 'freezing', 'frozen', 'unfreezing'] as const)(
    'ends when its container does while %s',
    async state => {
      const slot = (await reach(state)).send({ type: 'exited', error })
      expect([slot.state, slot.context.cause]).toEqual(['draining', 'exited'])
    },
  )

  it.each(['launching', 'listening', 'idle', 'freezing', 'frozen', 'unfreezing'] as const)(
    'ends when it is closed while %s',
    async state => {
      const slot = (await reach(state)).send('close')
      expect([slot.state, slot.context.cause]).toEqual(['draining', 'closed'])
    },
  )

  it('finishes its call before it closes', async () => {
    const slot = (await reach('busy')).send('close')
    expect(slot.state).toBe('busy')
    expect([slot.send('served').state, slot.context.cause]).toEqual(['draining', 'closed'])
  })

  it('finishes its call, complete or broken, after its container has ended', async () => {
    for (const [end, cause, kept] of [
      [{ type: 'served' }, 'exited', error],
      [{ type: 'broken', error: 'cut' }, 'broken', 'cut'],
    ] as const) {
      const slot = (await reach('busy')).send({ type: 'exited', error })
      expect(slot.state).toBe('busy')
      slot.send(end)
      expect([slot.state, slot.context.cause, slot.context.error]).toEqual(['draining', cause, kept])
    }
  })

  it('ends when a call breaks it', async () => {
    const slot = (await reach('busy')).send({ type: 'broken', error })
    expect([slot.state, slot.context.cause, slot.context.error]).toEqual(['draining', 'broken', error])
  })

  it('is evicted only when idle or frozen', async () => {
    for (const state of ['launching', 'listening', 'freezing', 'unfreezing', 'busy', 'draining', 'gone'] as const) {
      expect((await reach(state)).actor.getSnapshot().can({ type: 'evict' })).toBe(false)
    }
    for (const state of ['idle', 'frozen'] as const) {
      const slot = (await reach(state)).send('evict')
      expect([slot.state, slot.context.cause]).toEqual(['draining', 'evicted'])
    }
  })

  it('is gone when its removal fails, and keeps the error', async () => {
    const slot = await (await reach('draining')).answer('retire', error)
    expect([slot.state, slot.context.retireError]).toEqual(['gone', error])
    expect((await reach('gone')).context.retireError).toBeUndefined()
  })
})

afterAll(() => coverage.expectComplete(slotMachine))
