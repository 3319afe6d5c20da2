import { expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { cookieMachine } from '../../../../machines/cookie.ts'
import { cookieStates, toMermaid } from '../../../../src/index.ts'
import { countsOf, noHistory } from '../../../../src/inspector/page/data/history.ts'
import { hops, type Snapshot } from '../../../../src/inspector/protocol.ts'
import { machineInfo, stateName } from '../../../../src/inspector/tracking/graph.ts'
import { Listener, newHub } from '../setup.ts'

it("tells the cookie's machine as it is defined", () => {
  const info = machineInfo(cookieMachine)
  expect(new Set(info.states)).toEqual(new Set([...cookieStates, 'settling']))
  expect(info).toMatchObject({ name: 'cookie', initial: 'created', finals: ['closed'] })
  expect(info.arrows).toContainEqual({ from: 'running', to: 'freezing', event: 'freeze', label: 'freeze' })
  expect(info.arrows).toContainEqual({ from: 'settling', to: 'timeout', event: '', label: '[hasTimedOut]' })
  expect(info.mermaid).toBe(toMermaid(cookieMachine))
  expect(info.config).toMatchObject({ id: 'cookie', initial: 'created', states: { closed: { type: 'final' } } })
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

it('tells a nested machine by the states at its ends', () => {
  const { states, arrows, initial } = machineInfo(nested)
  expect([initial, ...states]).toEqual(['off', 'off', 'on.warm', 'on.hot'])
  expect(arrows.map(({ from, to, event }) => [from, event, to].join(' '))).toEqual([
    'off light on.warm',
    'on.warm more on.hot',
    'on.warm out off',
    'on.hot again on.hot',
    'on.hot out off',
  ])
  expect(stateName({ on: 'hot' })).toBe('on.hot')
  expect(stateName({ left: 'a', right: { deep: 'b' } })).toBe('left.a & right.deep.b')
})

it('follows actors of any machine, and counts the visits of their states beyond what the log holds', () => {
  const hub = newHub({ maxSteps: 3 })
  const actor = createActor(nested, { inspect: hub.inspect }).start()
  for (const type of ['light', 'more', 'again', 'unknown', 'out', 'light']) actor.send({ type })
  const listener = new Listener()
  hub.join(listener)
  const [info] = (listener.messages[1] as Snapshot).actors
  expect(info).toMatchObject({ machine: 'oven', state: 'on.warm', steps: 5 })
  const details = hub.get(info?.key ?? 0)?.details
  expect(details?.log.map(({ n, event }) => [n, event])).toEqual([
    [3, 'again'],
    [4, 'out'],
    [5, 'light'],
  ])
  const history = { ...noHistory, ...details }
  expect(countsOf(history, 'off').states).toEqual({ off: 2, 'on.warm': 2, 'on.hot': 2 })
  expect(countsOf(history, 'off', 3).states).toEqual({
    off: 1,
    'on.warm': 1,
    'on.hot': 2,
  })
  actor.stop()
  hub.close()
})

it('takes two machines of one id for two', () => {
  const hub = newHub()
  const other = createMachine({ id: 'oven', initial: 'a', states: { a: {} } })
  const actors = [nested, other].map(machine => createActor(machine, { inspect: hub.inspect }).start())
  const listener = new Listener()
  hub.join(listener)
  expect(Object.keys((listener.messages[1] as Snapshot).machines)).toEqual(['oven', 'oven#2'])
  for (const actor of actors) actor.stop()
  hub.close()
})

it('tells the states that a step passes through', () => {
  expect(hops({ from: 'a', to: 'c', via: ['b'] })).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ])
  expect(hops({ from: 'a', to: 'a' })).toEqual([])
  expect(hops({ from: 'a', to: 'a', via: [] })).toEqual([['a', 'a']])
})

it('tells how an actor ended: by its cause, by its last state, or by being stopped', () => {
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
