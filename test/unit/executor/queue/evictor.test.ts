import { expect, it } from 'vitest'
import { Evictor } from '../../../../src/executor/queue/evictor.ts'

const shortage = { memory: 0, cpus: 0, places: 0, since: 0, priority: 0, owner: undefined }
const owner = { size: 2 }

function offered(...sizes: [memory: number, cpus: number][]) {
  const evictor = new Evictor()
  const evicted: number[] = []
  const evictables = sizes.map(([memory, cpus], index) => {
    const evictable = { owner, demand: { memory, cpus }, lastUsed: index, evict: () => evicted.push(index) > 0 }
    evictor.offer(evictable)
    return evictable
  })
  return { evictor, evicted, evictables }
}

it('evicts the container that served longest ago, and as many as are needed', () => {
  const { evictor, evicted } = offered([10, 100], [10, 100], [10, 100])
  evictor.makeRoom({ ...shortage, memory: 15 })
  expect(evicted).toEqual([0, 1])
})

it('evicts none where all would not be enough, and none where nothing is wanted', () => {
  const { evictor, evicted } = offered([10, 100], [10, 100])
  evictor.makeRoom({ ...shortage, memory: 21 })
  evictor.makeRoom({ ...shortage, cpus: 201 })
  evictor.makeRoom({ ...shortage, places: 3 })
  evictor.makeRoom(shortage)
  expect(evicted).toEqual([])
})

it('counts those that are going already, until they are gone', () => {
  const { evictor, evicted, evictables } = offered([10, 100], [10, 100])
  evictor.makeRoom({ ...shortage, memory: 10 })
  evictor.makeRoom({ ...shortage, memory: 10 })
  expect(evicted).toEqual([0])
  if (evictables[0] !== undefined) evictor.gone(evictables[0])
  evictor.makeRoom({ ...shortage, memory: 10 })
  expect(evicted).toEqual([0, 1])
})

it('leaves one alone that was withdrawn', () => {
  const { evictor, evicted, evictables } = offered([10, 100], [10, 100])
  if (evictables[0] !== undefined) evictor.withdraw(evictables[0])
  evictor.makeRoom({ ...shortage, places: 1 })
  expect(evicted).toEqual([1])
})

it('evicts none of the owner itself, and reports whether that would be enough', () => {
  const { evictor, evicted } = offered([10, 100], [10, 100])
  const own = { ...shortage, memory: 15, owner }
  expect([evictor.makeRoom(own), evictor.hasItself(own)]).toEqual([false, true])
  expect(evictor.hasItself({ ...own, memory: 25 })).toBe(false)
  expect(evicted).toEqual([])
  expect(evictor.makeRoom({ ...own, owner: { size: 0 } })).toBe(true)
  expect(evicted).toEqual([0, 1])
})
