import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OrderedList } from '../../../../src/executor/queue/ordered-list.ts'
import { parameters } from '../../../support/models/seed.ts'

/** Numbers in the order of a generator, so that some are next to each other and most are not. */
function shuffled(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * step) % count)
}

it.each([
  ['rising', 1],
  ['falling', 4_998],
  ['mixed', 2_741],
])('keeps 4,999 %s numbers in order while half of them are removed', (_, step) => {
  const list = new OrderedList<number>((a, b) => a - b)
  for (const number of shuffled(4_999, step)) list.add(number)
  const numbers = Array.from({ length: 4_999 }, (_, index) => index)
  expect([...list]).toEqual(numbers)
  for (const number of shuffled(4_999, 1_234)) if (number % 2 === 0) expect(list.remove(number)).toBe(true)
  expect([...list]).toEqual(numbers.filter(number => number % 2 === 1))
  expect([list.size, list.remove(0), list.remove(5_000)]).toEqual([2_499, false, false])
  expect(list.find(number => number > 2_500)).toBe(2_501)
  expect(list.find(number => number > 5_000)).toBeUndefined()
})

it('holds what a sorted array holds, under random additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2_000, max: 2_000 }), { minLength: 1, maxLength: 2_000 }), numbers => {
      const list = new OrderedList<number>((a, b) => a - b)
      const model = new Set<number>()
      for (const number of numbers) {
        // A number that is there already is removed.
        expect(list.remove(number)).toBe(model.delete(number))
        if (number % 3 === 0) continue
        list.add(number)
        model.add(number)
      }
      expect([...list]).toEqual([...model].sort((a, b) => a - b))
      expect(list.size).toBe(model.size)
    }),
    { ...parameters, numRuns: Math.ceil(parameters.numRuns / 10) },
  )
})
