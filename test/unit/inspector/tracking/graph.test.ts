import { expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { cookieMachine } from '../../../../machines/cookie.ts'
import { cookieStates, toMermaid } from '../../../../src/index.ts'
import { countsOf, noHistory } from '../../../../src/inspector/page/data/past/history.ts'
import { hops, type Snapshot } from '../../../../src/inspector/protocol.ts'
import { machineInfo, stateName } from '../../../../src/inspector/tracking/graph.ts'
import { Listener, newHub } from '../setup.ts'

it("describes the cookie's machine as it is defined", () => {
  const info = machineInfo(cookieMachine)
  expect(new Set(info.states)).toEqual(new Set([...cookieStates, 'deciding']))
  expect(info).toMatchObject({ name: 'cookie', initial: 'unstarted', finals: ['closed'] })
  expect(info.composites).toContainEqual({ name: 'executing', children: ['running', 'freezing'], initial: 'running' })
  expect(info.arrows).toContainEqual({ from: 'running', to: 'freezing', event: 'freeze', label: 'freeze' })
  expect(info.arrows).toContainEqual({ from: 'alive', to: 'stopping', event: 'kill', label: 'kill' })
  expect(info.arrows).toContainEqual({ from: 'deciding', to: 'timeout', event: '', label: '[hasTimedOut]' })
  expect(info.mermaid).toBe(toMermaid(cookieMachine))
  expect(info.config).toMatchObject({ id: 'cookie', initial: 'unstarted', states: { closed: { type: 'final' } } })
  expect(machineInfo(cookieMachine.provide({}))).toBe(info)
})

const nested = createMachine({
  id: 'oven',
  initial: 'off',
  states: {
    off: { on: { light: 'on' } },
    on: {
      initial: 'warm',
      on: { out: 'off' },
      states: { warm: { on: { more: 'hot' } }, hot: { on: { again: { target: 'hot', reenter: true } } } },
    },
  },
})

it('describes a nested machine by its boxes, with the shared arrows on them', () => {
  const { states, composites, arrows, initial } = machineInfo(nested)
  expect([initial, ...states]).toEqual(['off', 'off', 'warm', 'hot'])
  expect(composites).toEqual([{ name: 'on', children: ['warm', 'hot'], initial: 'warm' }])
  expect(arrows.map(({ from, to, event }) => [from, event, to].join(' '))).toEqual([
    'off light on',
    'on out off',
    'warm more hot',
    'hot again hot',
  ])
  expect(stateName(nested, { on: 'hot' })).toBe('hot')
})

const ambiguous = createMachine({
  id: 'twins',
  type: 'parallel',
  on: { reset: { target: '#twins', reenter: true } },
  states: {
    left: { initial: 'off', states: { off: { on: { go: 'on' } }, on: {} } },
    right: { initial: 'off', states: { off: {}, busy: {} } },
    still: {},
  },
})

it('names a state by its path where its key is not unique, and joins those that are active in parallel', () => {
  const { states, composites, initial } = machineInfo(ambiguous)
  expect(states).toEqual(['left.off', 'on', 'right.off', 'busy', 'still'])
  expect(stateName(ambiguous, { left: 'on', right: 'off', still: {} })).toBe('on & right.off & still')
  // An arrow of the whole machine makes it a box.
  expect([initial, composites?.[0]]).toEqual(['twins', { name: 'twins', children: ['left', 'right', 'still'] }])
  expect(toMermaid(ambiguous)).toBe(
    [
      'stateDiagram-v2',
      '  state left {',
      '    [*] --> left_off',
      '    left_off --> on: go',
      '  }',
      '  --',
      '  state right {',
      '    [*] --> right_off',
      '    busy',
      '  }',
      '  --',
      '  still',
    ].join('\n'),
  )
})

it('follows actors of any machine, and counts the visits of their states beyond what the log holds', () => {
  const hub = newHub({ maxSteps: 3 })
  const actor = createActor(nested, { inspect: hub.inspect }).start()
  for (const type of ['light', 'more', 'again', 'unknown', 'out', 'light']) actor.send({ type })
  const listener = new Listener()
  hub.join(listener)
  const [info] = (listener.messages[1] as Snapshot).actors
  expect(info).toMatchObject({ machine: 'oven', state: 'warm', steps: 6 })
  const details = hub.get(info?.key ?? 0)?.details
  // An event that no state handles is a step that stays where it was.
  expect(details?.log.map(({ n, event, ignored }) => [n, event, ignored])).toEqual([
    [4, 'unknown', true],
    [5, 'out', undefined],
    [6, 'light', undefined],
  ])
  const history = { ...noHistory, ...details }
  expect(countsOf(history, 'off').states).toEqual({ off: 2, warm: 2, hot: 2 })
  expect(countsOf(history, 'off', 3).states).toEqual({
    off: 1,
    warm: 1,
    hot: 2,
  })
  actor.stop()
  hub.close()
})

it('distinguishes two machines with the same id', () => {
  const hub = newHub()
  const other = createMachine({ id: 'oven', initial: 'a', states: { a: {} } })
  const actors = [nested, other].map(machine => createActor(machine, { inspect: hub.inspect }).start())
  const listener = new Listener()
  hub.join(listener)
  expect(Object.keys((listener.messages[1] as Snapshot).machines)).toEqual(['oven', 'oven#2'])
  for (const actor of actors) actor.stop()
  hub.close()
})

it('lists the states that a step passes through', () => {
  expect(hops({ from: 'a', to: 'c', via: ['b'] })).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ])
  expect(hops({ from: 'a', to: 'a' })).toEqual([])
  expect(hops({ from: 'a', to: 'a', via: [] })).toEqual([['a', 'a']])
})

it('reports how an actor ended: by its cause, by its last state, or by being stopped', () => {
  const hub = newHub()
  const ends = createMachine({
    id: 'ends',
    initial: 'on',
    states: { on: { on: { stop: 'off' } }, off: { type: 'final' } },
  })
  const because = createMachine({ ...ends.config, id: 'because', context: { cause: 'evicted' } })
  const [off, cause, stopped] = [ends, because, ends].map(machine =>
    createActor(machine, { inspect: hub.inspect }).start(),
  )
  off?.send({ type: 'stop' })
  cause?.send({ type: 'stop' })
  stopped?.stop()
  const listener = new Listener()
  hub.join(listener)
  const { actors, totals } = listener.messages[1] as Snapshot
  expect(actors.map(({ status, over }) => [status, over])).toEqual([
    ['off', true],
    ['evicted', true],
    ['stopped', true],
  ])
  expect(totals).toMatchObject({ seen: 3, ended: 3, states: { ends: {}, because: {} } })
  hub.close()
})
