import { expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { followState, innermost, stateOf } from '../../../../src/utils/actors/follow-state.ts'

const lamp = createMachine({
  id: 'lamp',
  initial: 'off',
  states: {
    off: { on: { light: 'on' } },
    on: {
      initial: 'deciding',
      on: { dark: 'off', blink: {} },
      states: { deciding: { always: 'bright' }, bright: {} },
    },
  },
})

it('reports each change of the innermost state, without transient states and without events that change nothing', () => {
  const actor = createActor(lamp)
  const changes: unknown[] = []
  followState(actor, ({ from, to, event }) => changes.push([from, to, event.type]))
  actor.start()
  for (const type of ['light', 'blink', 'unknown', 'dark']) actor.send({ type })
  expect(changes).toEqual([
    ['off', 'bright', 'light'],
    ['bright', 'off', 'dark'],
  ])
  expect(stateOf(actor)).toBe('off')
})

it('joins the innermost states that are active in parallel', () => {
  expect(innermost({ left: 'on', right: { deep: 'off' }, still: {} })).toBe('on & off & still')
})
