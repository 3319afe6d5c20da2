import { describe, expect, it } from 'vitest'
import { type Figures, slower } from '../../../bench/support/slower.ts'
import { spreadOf, tableOf } from '../../../bench/support/table.ts'

const figures = (ours: readonly number[], theirs: readonly number[], unit = 'ms'): Figures => ({
  benches: [
    {
      name: 'cold',
      tables: [
        tableOf('a run', new Map(Object.entries({ ours, theirs })), {
          unit,
          better: unit === 'runs/s' ? 'higher' : 'lower',
        }),
      ],
    },
  ],
})

it('a table has medians, quartiles, and the ratio of each round to the peer', () => {
  const [row, peer] = figures([2, 4, 6, 8], [1, 2, 3, 4]).benches[0]?.tables[0]?.rows ?? []
  expect(row).toEqual({
    name: 'ours',
    median: 6,
    low: 4,
    high: 8,
    count: 4,
    ratio: { median: 2, low: 2, high: 2 },
  })
  expect(peer).not.toHaveProperty('ratio')
  expect(spreadOf([])).toEqual({ median: Number.NaN, low: Number.NaN, high: Number.NaN })
})

describe('what got slower', () => {
  it('is named when its ratio to the peer grew by more than its spread', () => {
    const { compared, found } = slower(figures([10, 10, 10], [10, 10, 10]), figures([12, 12, 12], [10, 10, 10]))
    expect([compared, found]).toEqual([1, ['cold: a run: ours: × 1.000 → 1.200, more than its spread of 0.050']])
  })

  it('is not what the whole machine got slower by, nor what lies within the spread', () => {
    const before = figures([10, 10, 10], [10, 10, 10])
    expect(slower(before, figures([20, 20, 20], [20, 20, 20])).found).toEqual([])
    expect(slower(before, figures([9, 10, 14, 19], [10, 10, 10, 10])).found).toEqual([])
    expect(slower(before, figures([8, 8, 8], [10, 10, 10])).found).toEqual([])
  })

  it('is what there is less of, where more is better', () => {
    const [many, few] = [figures([10, 10, 10], [10, 10, 10], 'runs/s'), figures([5, 5, 5], [10, 10, 10], 'runs/s')]
    expect(slower(many, few).found).toHaveLength(1)
    expect(slower(few, many).found).toEqual([])
  })

  it('leaves out what only one of them has', () => {
    expect(slower({ benches: [] }, figures([1], [1]))).toEqual({ compared: 0, found: [] })
  })
})
