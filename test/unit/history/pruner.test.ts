import { expect, it } from 'vitest'
import { Pruner } from '../../../src/history/pruner.ts'

/** A pruner of every 10 records, whose prunes end when they are told to. */
function setup() {
  const ends: ((error?: Error) => void)[] = []
  const reported: unknown[] = []
  const prune = () =>
    new Promise<void>((resolve, reject) => {
      ends.push(error => (error === undefined ? resolve() : reject(error)))
    })
  const pruner = new Pruner(10, prune, error => reported.push(error))
  const record = (count: number) => {
    for (let n = 0; n < count; n++) pruner.recorded()
  }
  return { pruner, record, ends, reported }
}

it('a pruner prunes after every so many records', async () => {
  const { pruner, record, ends } = setup()
  record(9)
  expect(ends).toHaveLength(0)
  record(1)
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await pruner.idle()
  record(10)
  expect(ends).toHaveLength(2)
})

it('a pruner makes up, once, for the prunes that were due during another', async () => {
  const { pruner, record, ends } = setup()
  record(30)
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(2)
  ends[1]?.()
  await pruner.idle()
  expect(ends).toHaveLength(2)
})

it('a pruner reports a prune that fails, and prunes on', async () => {
  const { pruner, record, ends, reported } = setup()
  const error = new Error('the disk is full')
  record(20)
  ends[0]?.(error)
  await expect.poll(() => ends.length).toBe(2)
  expect(reported).toEqual([error])
  ends[1]?.()
  await pruner.idle()
})
