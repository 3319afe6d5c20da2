import { expect, test } from 'vitest'
import { inParallel } from '../../../../../src/cli/drivers/runs/in-parallel.ts'

test('makes at most so many calls at once, and gives the results in order', async () => {
  let [running, most] = [0, 0]
  const results = await inParallel([5, 1, 4, 2, 3], 2, async item => {
    most = Math.max(most, ++running)
    for (let turn = 0; turn < item; turn++) await Promise.resolve()
    running--
    return item * 10
  })
  expect([results, most]).toEqual([[50, 10, 40, 20, 30], 2])
})

test('rejects with the first error', async () => {
  const call = async (item: number) => {
    if (item === 2) throw new Error('two')
    return item
  }
  await expect(inParallel([1, 2, 3], 2, call)).rejects.toThrow('two')
  expect(await inParallel([], 2, call)).toEqual([])
})
