import { expect, it } from 'vitest'
import { changesIn, contextAt, differences } from '../../../../src/inspector/page/data/past/context.ts'
import { matchesStep } from '../../../../src/inspector/search/match.ts'
import { step } from './setup.ts'

const log = [
  step(1, 'a', 'a', { changes: { rounds: { from: 0, to: 1 } } }),
  step(2, 'a', 'b', {
    event: 'bake',
    payload: { crust: 'Dark' },
    changes: { error: { to: 'burnt' }, rounds: { from: 1, to: 2 } },
  }),
  step(3, 'b', 'a', { changes: { rounds: { from: 2, to: 0 }, error: { from: 'burnt' } } }),
]

it('takes later changes of a context back', () => {
  const now = { id: 'x', rounds: 0 }
  expect(contextAt(now, log, undefined)).toEqual(now)
  expect(contextAt(now, log, 2)).toEqual({ id: 'x', rounds: 2, error: 'burnt' })
  expect(contextAt(now, log, 0)).toEqual({ id: 'x', rounds: 0 })
  expect(contextAt('none', log, 1)).toBe('none')
})

it('tells what differs between two steps: the first and the last value, and nothing where they are the same', () => {
  expect(changesIn(log, 1, 2)).toEqual({ error: { to: 'burnt' }, rounds: { from: 1, to: 2 } })
  expect(changesIn(log, 0, 2)).toEqual({ error: { to: 'burnt' }, rounds: { from: 0, to: 2 } })
  expect(changesIn(log, 0)).toEqual({})
})

it('tells the fields in which two values differ', () => {
  expect(differences({ a: 1, b: [1], c: 2 }, { a: 1, b: [2], d: null })).toEqual({
    b: { from: [1], to: [2] },
    c: { from: 2 },
    d: { to: null },
  })
  expect(differences(undefined, undefined)).toEqual({})
})

it('searches a log by events, their data, states and changes', () => {
  const found = (search: string) => log.filter(matchesStep(search)).map(({ n }) => n)
  expect(found(' ')).toEqual([1, 2, 3])
  expect(found('dark')).toEqual([2])
  expect(found('BURNT')).toEqual([2, 3])
  expect(found('burnt bake')).toEqual([2])
  expect(found('raw')).toEqual([])
})
