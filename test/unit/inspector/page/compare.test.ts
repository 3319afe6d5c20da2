import { expect, it } from 'vitest'
import { alignedSteps, staysOf } from '../../../../src/inspector/page/data/past/compare.ts'
import { candidatesFor } from '../../../../src/inspector/page/view/list/candidates.ts'
import { row, step } from './setup.ts'

it('compares how long two actors stayed in each state', () => {
  const one = row({
    path: [
      [0, 'created'],
      [5, 'running'],
      [25, 'frozen'],
      [30, 'running'],
      [50, 'done'],
    ],
    status: 'success',
  })
  const other = row({
    path: [
      [0, 'created'],
      [2, 'starting'],
      [3, 'running'],
    ],
  })
  expect(staysOf(one, other, 10)).toEqual([
    { name: 'created', one: 5, other: 2 },
    { name: 'running', one: 40, other: 7 },
    { name: 'frozen', one: 5, other: undefined },
    { name: 'starting', one: undefined, other: 1 },
  ])
})

it('puts like steps of two logs side by side', () => {
  const [start, freeze, thaw, end] = [
    step(1, 'a', 'b', { event: 'start' }),
    step(2, 'b', 'c', { event: 'freeze' }),
    step(3, 'c', 'b', { event: 'thaw' }),
    step(4, 'b', 'd', { event: 'end' }),
  ]
  const failed = step(2, 'b', 'e', { event: 'failed' })
  const events = (pairs: ReturnType<typeof alignedSteps>) => pairs.map(({ one, other }) => [one?.event, other?.event])
  expect(events(alignedSteps([start, freeze, thaw, end], [start, end]))).toEqual([
    ['start', 'start'],
    ['freeze', undefined],
    ['thaw', undefined],
    ['end', 'end'],
  ])
  expect(events(alignedSteps([start, end], [start, failed]))).toEqual([
    ['start', 'start'],
    ['end', undefined],
    [undefined, 'failed'],
  ])
  expect(alignedSteps([], [])).toEqual([])
})

it('offers others of the machine: first those that run the same and ended well, the latest before the others', () => {
  const failed = row({ key: 9, image: 'a', status: 'error' })
  const rows = [
    failed,
    row({ key: 1, image: 'a', status: 'success' }),
    row({ key: 2, image: 'a', status: 'success' }),
    row({ key: 3, image: 'b', status: 'success' }),
    row({ key: 4, image: 'a', status: 'error' }),
    row({ key: 5, machine: 'slot' }),
  ]
  expect(candidatesFor(failed, rows).map(({ key }) => key)).toEqual([2, 1, 4, 3])
})
