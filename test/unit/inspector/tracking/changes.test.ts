import { expect, it } from 'vitest'
import { assign, createActor, createMachine } from 'xstate'
import { cookieMachine } from '../../../../machines/cookie.ts'
import { slotMachine } from '../../../../machines/slot.ts'
import { changesBetween } from '../../../../src/inspector/tracking/changes.ts'
import { makeInspectable } from '../../../../src/utils/actors/inspectable.ts'
import { newHub } from '../setup.ts'

it('tells the fields of a context that changed, bounded and masked', () => {
  const same = { deep: true }
  expect(changesBetween({ a: 1, same }, { a: 2, same, b: 'tok-tok' }, ['tok-tok'])).toEqual({
    a: { from: 1, to: 2 },
    b: { to: '•••' },
  })
  expect(changesBetween({ password: 'x1' }, { password: 'x2' }, [])).toEqual({
    password: { from: '•••', to: '•••' },
  })
  expect(changesBetween({ a: 1 }, {}, [])).toEqual({ a: { from: 1 } })
  for (const [before, after] of [
    [same, same],
    [undefined, same],
    ['a', 'b'],
    [{ a: Number.NaN }, { a: Number.NaN }],
  ])
    expect(changesBetween(before, after, [])).toBeUndefined()
})

it('has the changes of each step in the log', () => {
  const hub = newHub()
  const machine = createMachine({
    id: 'counter',
    context: { count: 0, kept: 'x' },
    on: { up: { actions: assign({ count: ({ context }) => context.count + 1 }) }, stay: { actions: () => {} } },
  })
  const actor = createActor(machine, { inspect: hub.inspect }).start()
  for (const type of ['up', 'stay', 'up', 'unknown']) actor.send({ type })
  expect(hub.get(1)?.details.log.map(({ event, changes, ignored }) => [event, changes, ignored])).toEqual([
    ['up', { count: { from: 0, to: 1 } }, undefined],
    ['stay', undefined, undefined],
    ['up', { count: { from: 1, to: 2 } }, undefined],
    ['unknown', undefined, true],
  ])
  actor.stop()
  hub.close()
})

it.each([
  ['evict', 'evicted'],
  ['close', 'closed'],
] as const)('a container whose slot is ended by %s counts as %s, not as cancelled', (type, status) => {
  const hub = newHub()
  const cookie = createActor(cookieMachine, { id: 'bun', inspect: hub.inspect, input: { id: 'bun' } }).start()
  const input = { id: 'bun', freezeAfter: Infinity, idleTimeout: Infinity, launchTimeout: 1_000 }
  const { context } = createActor(slotMachine, { input }).getSnapshot()
  const idle = slotMachine.resolveState({ value: { alive: { waiting: 'idle' } }, context })
  const slot = createActor(slotMachine, { inspect: hub.inspect, snapshot: idle, input })
  makeInspectable(slot, { members: [cookie] })
  slot.start()
  slot.send({ type })
  cookie.send({ type: 'close' })
  expect(hub.get(1)?.info).toMatchObject({ id: 'bun', status, reason: { message: `Its slot was ended (${status})` } })
  cookie.stop()
  slot.stop()
  hub.close()
})

it("shows a container's id and its image's digest once they are known, also after its end", () => {
  const hub = newHub()
  const machine = createMachine({
    id: 'oven',
    initial: 'on',
    states: { on: { on: { out: 'off' } }, off: { type: 'final' } },
  })
  const actor = createActor(machine, { inspect: hub.inspect })
  let id: string | undefined
  let digest: string | undefined
  makeInspectable(actor, { task: { image: 'busybox' }, containerId: () => id, imageDigest: () => digest })
  actor.start()
  expect(hub.get(1)?.details.task).toEqual({ image: 'busybox' })
  digest = 'busybox@sha256:1234'
  expect(hub.get(1)?.details.task).toEqual({ imageDigest: digest, image: 'busybox' })
  id = 'f00d'
  const known = { containerId: 'f00d', imageDigest: digest, image: 'busybox' }
  expect(hub.get(1)?.details.task).toEqual(known)
  actor.send({ type: 'out' })
  expect(hub.get(1)?.details.task).toEqual(known)
  hub.close()
})
