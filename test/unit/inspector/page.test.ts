import { expect, it } from 'vitest'
import { familyOf, shownState } from '../../../src/inspector-page/families.ts'
import { filterOf, visibleRows } from '../../../src/inspector-page/filter.ts'
import { bytes, duration, eventName } from '../../../src/inspector-page/format.ts'
import { placeLabels } from '../../../src/inspector-page/label-places.ts'
import { spansOf, ticks } from '../../../src/inspector-page/spans.ts'
import { row } from './page-rig.ts'

it('filters by words, by fields and by their opposite', () => {
  const rows = [
    row({ key: 1, id: 'bread', state: 'frozen' }),
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
  expect(found('bu -bread')).toEqual(['pie'])
})

it('sorts by a column, in either direction, and keeps the order of equals', () => {
  const rows = [row({ key: 1, cpu: 5 }), row({ key: 2, cpu: 9 }), row({ key: 3 }), row({ key: 4, cpu: 5 })]
  const order = (down: boolean) => visibleRows(rows, '', { by: 'cpu', down }).map(({ key }) => key)
  expect(order(false)).toEqual([3, 1, 4, 2])
  expect(order(true)).toEqual([2, 4, 1, 3])
})

it('draws a life as stretches of one look each, the frozen ones by themselves', () => {
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
  expect(spansOf(row({ path, over: true }), 100).map(({ family, from, to }) => [family, from, to])).toEqual([
    ['wait', 0, 10],
    ['work', 10, 20],
    ['run', 20, 30],
    ['change', 30, 31],
    ['freeze', 31, 50],
    ['run', 50, 60],
    ['over', 60, 65],
  ])
  expect(spansOf(row({ path: path.slice(0, 6) }), 100).at(-1)).toMatchObject({ family: 'freeze', to: 100 })
})

it('writes round times below a timeline', () => {
  expect(ticks(1_300, 9_000, 5)).toEqual([2_000, 4_000, 6_000, 8_000])
})

it('puts labels where they hide neither states nor each other', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 0, y: 100 },
  ]
  const label = { from: 'a', points, width: 20, height: 10 }
  const state = { x: 0, y: 50, width: 40, height: 10 }
  expect(placeLabels([label, label, { ...label, from: 'b' }], [state])).toEqual([
    { x: 0, y: 40 },
    { x: 0, y: 60 },
    { x: 0, y: 30 },
  ])
})

it('says times, sizes and events in words', () => {
  expect([0, 999, 1_000, 61_000, 3_700_000].map(duration)).toEqual(['0 ms', '999 ms', '1.00 s', '1 m 01 s', '1 h 01 m'])
  expect([10, 2_048, 300 * 2 ** 20].map(bytes)).toEqual(['10 B', '2.0 KB', '300 MB'])
  expect(
    ['', 'freeze', 'xstate.done.actor.0.x', 'xstate.error.actor.x', 'xstate.after.timeLeft.x'].map(eventName),
  ).toEqual(['always', 'freeze', 'ok', 'failed', 'after timeLeft'])
})

it('shows how a run ended once it has, and its state until then', () => {
  expect(shownState(row({ state: 'running' }))).toBe('running')
  expect(shownState(row({ state: 'done', status: 'error' }))).toBe('error')
  expect(shownState(row({ state: 'closing', status: 'timeout' }))).toBe('timeout')
  expect(familyOf('oven.frozen')).toBe('freeze')
})
