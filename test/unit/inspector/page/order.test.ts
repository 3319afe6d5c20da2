import { expect, it } from 'vitest'
import { arranged } from '../../../../src/inspector/page/view/list/order.ts'
import { row } from './setup.ts'

const ended = (key: number, at: number) =>
  row({
    key,
    state: 'closed',
    status: 'success',
    over: true,
    path: [
      [0, 'created'],
      [at, 'done'],
      [at + 50, 'closed'],
    ],
  })
const keysOf = (...found: Parameters<typeof arranged>[0][number][]) => arranged(found).rows.map(({ key }) => key)

it('has what is under way first, then what ended, the latest first, then the queue', () => {
  const queued = [row({ key: 6, state: 'created' }), row({ key: 5, state: 'created' })]
  const found = [ended(1, 90), row({ key: 2 }), ended(3, 100), row({ key: 4, state: 'frozen' }), ...queued]
  const { rows, queued: count, depths } = arranged(found)
  expect(rows.map(({ key }) => key)).toEqual([4, 2, 3, 1, 5, 6])
  expect([count, depths.size]).toEqual([2, 0])
  // Only runs are queued, and one that was cancelled in the queue has ended.
  expect(arranged([row({ key: 1, machine: 'oven', state: 'created' })]).queued).toBe(0)
  expect(arranged([row({ key: 1, state: 'created', status: 'cancelled' })]).queued).toBe(0)
})

it('does not move a run when it is removed after its end', () => {
  const closing = row({ ...ended(1, 100), state: 'done', over: false, path: [[100, 'done']] })
  expect(keysOf(closing, ended(2, 120))).toEqual([2, 1])
  expect(keysOf(ended(1, 100), ended(2, 120))).toEqual([2, 1])
})

it('has children and members after the row that they belong to', () => {
  const slot = row({ key: 3, machine: 'slot', state: 'idle', members: [1] })
  const child = row({ key: 4, machine: 'exchange', parent: 3 })
  const { rows, depths } = arranged([row({ key: 1 }), row({ key: 2 }), slot, child])
  expect(rows.map(({ key }) => key)).toEqual([3, 4, 1, 2])
  expect([...depths]).toEqual([
    [4, 1],
    [1, 1],
  ])
  // Without the slot, as where a filter leaves it out.
  expect(keysOf(row({ key: 1 }), row({ key: 2 }), child)).toEqual([4, 2, 1])
})

it('has each row once, also where a recording says that a row is below itself', () => {
  const one = row({ key: 1, parent: 2, members: [2] })
  const two = row({ key: 2, parent: 1, members: [1, 2] })
  const three = row({ key: 3, parent: 3 })
  expect(keysOf(one, two, three, row({ key: 4 })).toSorted()).toEqual([1, 2, 3, 4])
})
