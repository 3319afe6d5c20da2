import { expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { namespaceMachine } from '../../../../machines/namespace.ts'
import { spareMachine } from '../../../../machines/spare.ts'
import { lengthOf } from '../../../../src/inspector/page/data/lifetime.ts'
import { spansOf, ticks } from '../../../../src/inspector/page/data/spans.ts'
import { kindOf, shownState } from '../../../../src/inspector/page/data/state-kinds.ts'
import { bytes, duration } from '../../../../src/inspector/page/view/format.ts'
import { filterOf, nextSort, usualSort, visibleRows } from '../../../../src/inspector/page/view/list/filter.ts'
import { groupsOf } from '../../../../src/inspector/page/view/totals-groups.ts'
import type { Totals } from '../../../../src/inspector/protocol.ts'
import { plainText } from '../../../../src/inspector/search/plain-text.ts'
import { machineInfo } from '../../../../src/inspector/tracking/graph.ts'
import { eventName } from '../../../../src/utils/actors/mermaid.ts'
import { row } from './setup.ts'

it('filters by words, by fields and by their negation', () => {
  const rows = [
    row({ key: 1, id: 'bread', state: 'frozen', labels: ['team=Red', 'shift=late'] }),
    row({ key: 2, id: 'cake', image: 'python:3', state: 'closed', status: 'error' }),
    row({ key: 3, id: 'pie', machine: 'slot', image: undefined as never, state: 'busy' }),
  ]
  const found = (text: string) => rows.filter(filterOf(text)).map(({ id }) => id)
  expect(found('')).toEqual(['bread', 'cake', 'pie'])
  expect(found('PYTHON')).toEqual(['cake'])
  expect(found('state:frozen,busy')).toEqual(['bread', 'pie'])
  expect(found('status:err')).toEqual(['cake'])
  expect(found('-machine:slot image:')).toEqual(['bread', 'cake'])
  expect(found('cookie-none')).toEqual([])
  expect(found('label:team=red')).toEqual(['bread'])
  expect(found('-label:late')).toEqual(['cake', 'pie'])
  expect(found('shift')).toEqual(['bread'])
  expect(found('bu -bread')).toEqual(['pie'])
})

it('sorts by a column in both directions, and keeps the order of equal rows', () => {
  const rows = [row({ key: 1, cpu: 5 }), row({ key: 2, cpu: 9 }), row({ key: 3 }), row({ key: 4, cpu: 5 })]
  const order = (down: boolean) => visibleRows(rows, '', { by: 'cpu', down }, 0).map(({ key }) => key)
  expect(order(false)).toEqual([3, 1, 4, 2])
  expect(order(true)).toEqual([2, 4, 1, 3])
})

it('sorts and filters by the shown state, and finds machines by a word', () => {
  const rows = [
    row({ key: 1, state: 'closed', status: 'success', over: true }),
    row({ key: 2, state: 'closed', status: 'error', over: true }),
    row({ key: 3, state: 'closing', status: 'success' }),
    row({ key: 4, machine: 'slot', state: 'busy' }),
  ]
  const found = (text: string) => visibleRows(rows, text, { by: 'state', down: false }, 0).map(({ key }) => key)
  expect(found('')).toEqual([4, 2, 1, 3])
  expect(found('state:success')).toEqual([1, 3])
  expect(found('state:closed')).toEqual([2, 1])
  expect(found('slot')).toEqual([4])
  expect(found('-cookie')).toEqual([4])
})

it('sorts by the age or duration that the column shows', () => {
  const rows = [
    row({
      key: 1,
      created: 0,
      state: 'closed',
      status: 'success',
      over: true,
      path: [
        [0, 'created'],
        [50, 'done'],
        [90, 'closed'],
      ],
    }),
    row({ key: 2, created: 80 }),
    row({
      key: 3,
      created: 10,
      state: 'closed',
      status: 'error',
      over: true,
      path: [
        [10, 'created'],
        [15, 'done'],
      ],
    }),
  ]
  expect(rows.map(actor => lengthOf(actor, 100))).toEqual([50, 20, 5])
  expect(visibleRows(rows, '', { by: 'age', down: false }, 100).map(({ key }) => key)).toEqual([3, 2, 1])
})

it('returns to the usual order with the third click on a column', () => {
  const clicks = (by: 'id' | 'cpu') => {
    const first = nextSort(usualSort, by)
    const second = nextSort(first, by)
    return [first, second, nextSort(second, by)]
  }
  expect(clicks('id')).toEqual([{ by: 'id', down: false }, { by: 'id', down: true }, usualSort])
  expect(clicks('cpu')).toEqual([{ by: 'cpu', down: true }, { by: 'cpu', down: false }, usualSort])
})

it('counts cookies by state and status, and other actors by machine', () => {
  const states = { cookie: { running: 2 }, slot: { idle: 1, frozen: 1 } }
  const statuses = { success: 3, present: 7, error: 1 }
  const endings = { cookie: { error: 1, success: 3 }, image: { present: 7 } }
  const all = { seen: 15, ended: 11, states, statuses, endings }
  const words = (totals: Totals) => groupsOf(totals).map(chips => chips.map(({ count, label }) => `${count} ${label}`))
  expect(words(all)).toEqual([
    ['0 queued', '2 running', '0 frozen'],
    ['3 success', '1 error'],
    ['7 image', '2 slot'],
  ])
  expect(words({ ...all, states: { slot: { idle: 1 } }, endings: {} })).toEqual([[], [], ['1 slot']])
  expect(words({ seen: 0, ended: 0, states: {}, statuses: {} })[0]).toEqual(['0 queued', '0 running', '0 frozen'])
  // The filter of a count finds the counted actors.
  expect(groupsOf(all)[1]?.[0]?.filter).toBe('status:success machine:cookie')
})

it('has a kind for every state and every end of our machines', () => {
  const known = (machine: AnyStateMachine) => machineInfo(machine).states.map(state => [state, kindOf(state)])
  expect(Object.fromEntries(known(namespaceMachine))).toEqual({
    making: 'work',
    free: 'wait',
    leased: 'run',
    resting: 'wait',
    removing: 'stop',
    pausing: 'wait',
    closing: 'over',
    closed: 'over',
  })
  expect(Object.fromEntries(known(spareMachine))).toEqual({
    making: 'work',
    free: 'wait',
    adopted: 'run',
    removing: 'stop',
    pausing: 'wait',
    closing: 'over',
    closed: 'over',
  })
  expect(['launchFailed', 'launchTimeout', 'exited', 'broken', 'freezeFailed'].map(kindOf)).toEqual(
    Array(5).fill('bad'),
  )
})

it('draws a life as spans of one kind each', () => {
  const path = [
    [0, 'created'],
    [10, 'preparing'],
    [12, 'starting'],
    [20, 'running'],
    [30, 'freezing'],
    [31, 'frozen'],
    [50, 'running'],
    [60, 'done'],
    [61, 'closing'],
    [65, 'closed'],
  ] as [number, string][]
  expect(spansOf(row({ path, over: true }), 100).map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['wait', 0, 10],
    ['work', 10, 20],
    ['run', 20, 30],
    ['change', 30, 31],
    ['freeze', 31, 50],
    ['run', 50, 60],
    ['over', 60, 65],
  ])
  expect(spansOf(row({ path: path.slice(0, 6) }), 100).at(-1)).toMatchObject({ kind: 'freeze', to: 100 })
})

it('writes round times below a timeline', () => {
  expect(ticks(1_300, 9_000, 5)).toEqual([2_000, 4_000, 6_000, 8_000])
})

it('formats times, sizes and events', () => {
  expect([0, 999, 1_000, 61_000, 3_700_000].map(duration)).toEqual(['0 ms', '999 ms', '1.00 s', '1 m 01 s', '1 h 01 m'])
  expect(plainText({ ranFor: 897.9940180000012, part: 0.12345, none: null })).toBe(
    '{"ranFor":897.994,"part":0.123,"none":null}',
  )
  expect([10, 2_048, 300 * 2 ** 20].map(bytes)).toEqual(['10 B', '2 KiB', '300 MiB'])
  expect(
    ['', 'freeze', 'xstate.done.actor.0.x', 'xstate.error.actor.x', 'xstate.after.timeLeft.x'].map(eventName),
  ).toEqual(['always', 'freeze', 'ok', 'failed', 'after timeLeft'])
})

it('shows the state of a run, and its status once it has ended', () => {
  expect(shownState(row({ state: 'running' }))).toBe('running')
  expect(shownState(row({ state: 'done', status: 'error' }))).toBe('error')
  expect(shownState(row({ state: 'closing', status: 'timeout' }))).toBe('timeout')
  expect(kindOf('oven.frozen')).toBe('freeze')
})
