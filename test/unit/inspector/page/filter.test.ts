import { expect, it } from 'vitest'
import { Model } from '../../../../src/inspector/page/data/model.ts'
import { failureAfter } from '../../../../src/inspector/page/view/list/failures.ts'
import { filterOf, usualSort, valuesOf } from '../../../../src/inspector/page/view/list/filter.ts'
import { listOf } from '../../../../src/inspector/page/view/list/list.ts'
import { whyNothing } from '../../../../src/inspector/page/view/list/nothing-found.ts'
import { info, row, step, totals } from './setup.ts'

const rows = [
  row({ key: 1, id: 'bread', image: 'python:3', status: 'success', command: 'bake now' }),
  row({ key: 2, id: 'cake', image: 'node:22', status: 'error', labels: ['team=red'] }),
  row({ key: 3, id: 'pie', image: 'rust:1', status: 'timeout', labels: ['team=blue'] }),
]
const found = (text: string) => rows.filter(filterOf(text)).map(({ id }) => id)

it.each([
  ['status:error,timeout', ['cake', 'pie']],
  ['image:python,rust', ['bread', 'pie']],
  ['label:team=red,team=blue', ['cake', 'pie']],
  ['id:bread,cake', ['bread', 'cake']],
  ['-image:python,rust', ['cake']],
  ['command:bake', ['bread']],
  ['command:"bake now"', ['bread']],
  ['image:node:22', ['cake']],
  ['status:', ['bread', 'cake', 'pie']],
])('takes a list for every key: %s', (text, ids) => {
  expect(found(text)).toEqual(ids)
})

it('tells of each word what it finds by itself, and what there is in place of one that finds nothing', () => {
  const why = whyNothing(rows, 'status:eror image:python stat:error nowhere')
  expect(why.map(({ word, count, knownAs }) => [word, count, knownAs])).toEqual([
    ['status:eror', 0, 'status:'],
    ['image:python', 1, undefined],
    ['stat:error', 0, 'keys'],
    ['nowhere', 0, undefined],
  ])
  expect(why[0]?.known[0]).toBe('error')
  expect(why[2]?.known.slice(0, 2)).toEqual(['state', 'status'])
  expect(valuesOf(rows, 'label', 1)).toHaveLength(1)
})

it('finds the next failure of a list, and the one before, around its ends', () => {
  const keys = (from: number | undefined, by: 1 | -1) => failureAfter(rows, from, by)?.key
  expect([keys(undefined, 1), keys(2, 1), keys(3, 1)]).toEqual([2, 3, 2])
  expect([keys(undefined, -1), keys(3, -1), keys(2, -1)]).toEqual([3, 2, 3])
  expect(failureAfter(rows.slice(0, 1), undefined, 1)).toBeUndefined()
  expect(failureAfter([], undefined, 1)).toBeUndefined()
})

it('makes the list anew when an actor changes, and for samples only where it is sorted by them', () => {
  const model = new Model()
  model.apply({ type: 'snapshot', seq: 1, now: 0, machines: {}, actors: [info({ key: 1 }), info({ key: 2 })], totals })
  const list = (sort = usualSort) => listOf(model, { tab: 'table', filter: '', sort, queue: false }, false, 0)
  const first = list()
  expect(first.rows.map(({ key }) => key)).toEqual([2, 1])
  model.apply({ type: 'delta', seq: 2, now: 0, samples: [[1, 0, 50, 1]], totals })
  expect(list()).toBe(first)
  expect(list({ by: 'cpu', down: true }).rows.map(({ key }) => key)).toEqual([1, 2])
  model.apply({ type: 'delta', seq: 3, now: 0, samples: [[2, 0, 90, 1]], totals })
  expect(list({ by: 'cpu', down: true }).rows.map(({ key }) => key)).toEqual([2, 1])
  model.apply({ type: 'delta', seq: 4, now: 0, steps: [step(1, 'running', 'frozen')], totals })
  expect(list()).not.toBe(first)
})
