import { afterAll, describe, expect, it } from 'vitest'
import { type Actor, type AnyActorRef, createActor, fromPromise, SimulatedClock } from 'xstate'
import { longestDelay } from '../../machines/clock.ts'
import { slotMachine } from '../../machines/slot.ts'
import type { SlotEvent, SlotInput } from '../../machines/slot-types.ts'
import type { SlotState } from '../../src/functions/slot/slot.ts'
import { flush, nameOf } from './cookie-setup.ts'

type Call = 'launch' | 'listen' | 'freeze' | 'unfreeze' | 'retire'
type State = SlotState

const taken = new Set<string>()
const error = new Error('it broke')

/** A slot's actor whose container and clock are in the hands of the test. */
class SlotRig {
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
      inspect: event => {
        if (event.type !== '@xstate.microstep' || event.actorRef !== this.actor) return
        for (const transition of event._transitions as readonly object[]) taken.add(nameOf(transition))
      },
    })
    this.actor.start()
  }

  get state(): State {
    return this.actor.getSnapshot().value as State
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

const ways: Record<State, (rig: SlotRig) => unknown> = {
  launching: () => {},
  listening: rig => rig.answer('launch'),
  idle: async rig => {
    await ways.listening(rig)
    await rig.answer('listen')
  },
  freezing: async rig => {
    await ways.idle(rig)
    rig.clock.increment(50)
  },
  frozen: async rig => {
    await ways.freezing(rig)
    await rig.answer('freeze')
  },
  unfreezing: async rig => {
    await ways.frozen(rig)
    rig.send('call')
  },
  busy: async rig => {
    await ways.idle(rig)
    rig.send('call')
  },
  draining: rig => rig.send('close'),
  gone: async rig => {
    await ways.draining(rig)
    await rig.answer('retire')
  },
}

async function reach(state: State, input: Partial<SlotInput> = {}): Promise<SlotRig> {
  const rig = new SlotRig(input)
  await ways[state](rig)
  expect(rig.state).toBe(state)
  return rig
}

describe('a slot', () => {
  it('launches, listens, rests, serves and rests again', async () => {
    const rig = await reach('busy')
    expect(rig.send('served').state).toBe('idle')
  })

  it('freezes when nobody calls for a while, and thaws for a call', async () => {
    const rig = await reach('idle')
    rig.clock.increment(49)
    expect(rig.state).toBe('idle')
    rig.clock.increment(1)
    expect((await rig.answer('freeze')).state).toBe('frozen')
    expect(rig.send('call').state).toBe('unfreezing')
    expect((await rig.answer('unfreeze')).state).toBe('busy')
  })

  it('serves a call that came while it froze, after the freeze', async () => {
    const rig = (await reach('freezing')).send('call')
    expect((await rig.answer('freeze')).state).toBe('unfreezing')
  })

  it('is gone when nobody calls for long, whatever part of that it was frozen', async () => {
    const rig = await reach('frozen')
    rig.clock.increment(29_949)
    expect(rig.state).toBe('frozen')
    rig.clock.increment(1)
    expect([rig.state, rig.context.cause]).toEqual(['draining', 'idle'])
    const thawed = await reach('idle', { freezeAfter: Number.POSITIVE_INFINITY })
    thawed.clock.increment(30_000)
    expect([thawed.state, thawed.context.cause]).toEqual(['draining', 'idle'])
  })

  it('neither freezes nor ends where it has for ever', async () => {
    const rig = await reach('idle', { freezeAfter: Number.POSITIVE_INFINITY, idleTimeout: Number.POSITIVE_INFINITY })
    rig.clock.increment(longestDelay)
    expect(rig.state).toBe('idle')
  })

  it('must listen in time', async () => {
    const rig = await reach('listening')
    rig.clock.increment(5_000)
    expect([rig.state, rig.context.cause]).toEqual(['draining', 'launchTimeout'])
  })

  it.each([
    ['launching', 'launch', 'launchFailed'],
    ['listening', 'listen', 'launchFailed'],
    ['freezing', 'freeze', 'freezeFailed'],
    ['unfreezing', 'unfreeze', 'freezeFailed'],
  ] as const)('ends when it fails while %s', async (state, call, cause) => {
    const rig = await (await reach(state)).answer(call, error)
    expect([rig.state, rig.context.cause, rig.context.error]).toEqual(['draining', cause, error])
  })

  it.each(['launching', 'listening', 'idle', 'freezing', 'frozen', 'unfreezing'] as const)(
    'ends when its container does while %s',
    async state => {
      const rig = (await reach(state)).send({ type: 'exited', error })
      expect([rig.state, rig.context.cause]).toEqual(['draining', 'exited'])
    },
  )

  it.each(['launching', 'listening', 'idle', 'freezing', 'frozen', 'unfreezing'] as const)(
    'ends when it is closed while %s',
    async state => {
      const rig = (await reach(state)).send('close')
      expect([rig.state, rig.context.cause]).toEqual(['draining', 'closed'])
    },
  )

  it('comes to the end of its call before it is closed', async () => {
    const rig = (await reach('busy')).send('close')
    expect(rig.state).toBe('busy')
    expect([rig.send('served').state, rig.context.cause]).toEqual(['draining', 'closed'])
  })

  it('comes to the end of its call, whole or broken, where its container has ended before', async () => {
    for (const [end, cause, kept] of [
      [{ type: 'served' }, 'exited', error],
      [{ type: 'broken', error: 'cut' }, 'broken', 'cut'],
    ] as const) {
      const rig = (await reach('busy')).send({ type: 'exited', error })
      expect(rig.state).toBe('busy')
      rig.send(end)
      expect([rig.state, rig.context.cause, rig.context.error]).toEqual(['draining', cause, kept])
    }
  })

  it('ends when a call breaks it', async () => {
    const rig = (await reach('busy')).send({ type: 'broken', error })
    expect([rig.state, rig.context.cause, rig.context.error]).toEqual(['draining', 'broken', error])
  })

  it('is evicted only while nobody has it', async () => {
    for (const state of ['launching', 'listening', 'freezing', 'unfreezing', 'busy', 'draining', 'gone'] as const) {
      expect((await reach(state)).actor.getSnapshot().can({ type: 'evict' })).toBe(false)
    }
    for (const state of ['idle', 'frozen'] as const) {
      const rig = (await reach(state)).send('evict')
      expect([rig.state, rig.context.cause]).toEqual(['draining', 'evicted'])
    }
  })

  it('is gone also where its removal fails, and keeps why', async () => {
    const rig = await (await reach('draining')).answer('retire', error)
    expect([rig.state, rig.context.retireError]).toEqual(['gone', error])
    expect((await reach('gone')).context.retireError).toBeUndefined()
  })
})

afterAll(() => {
  const defined = Object.values(slotMachine.states).flatMap(state =>
    [...[...state.transitions.values()].flat(), ...(state.always ?? [])].map(nameOf),
  )
  expect(defined.filter(name => !taken.has(name))).toEqual([])
})
