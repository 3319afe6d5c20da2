import { describe, expect, it } from 'vitest'
import { AdmissionQueue } from '../../../../src/executor/queue/admission-queue.ts'
import { ResourcePool } from '../../../../src/executor/queue/resource-pool.ts'

type Task = readonly [id: string, memory?: number, priority?: number, cpus?: number]

function queueOf(memory: number, tasks: readonly Task[], cpus = Number.POSITIVE_INFINITY) {
  const pool = new ResourcePool({ memory, cpus })
  const queue = new AdmissionQueue(pool)
  const started: string[] = []
  const add = ([id, memory = 0, priority = 0, cpus = 0]: Task) =>
    queue.enqueue(async () => started.push(id), { id, priority, demand: { memory, cpus } })
  for (const task of tasks) add(task)
  const start = () => {
    for (let next = queue.dequeue(); next !== undefined; next = queue.dequeue()) next.run()
    return started
  }
  return { pool, queue, add, start }
}

describe('order', () => {
  it('is by priority, then by age', () => {
    const { start } = queueOf(0, [['a'], ['b', 0, 5], ['c'], ['d', 0, 5], ['e', 0, -1]])
    expect(start()).toEqual(['b', 'd', 'a', 'c', 'e'])
  })

  it('moves the entries of an owner behind all others of their priority, in order', () => {
    const { queue, start } = queueOf(10, [['a'], ['b', 0, -1]])
    const owner = { size: 1 }
    const add = (id: string, given?: typeof owner) => queue.enqueue(async () => {}, { id, owner: given })
    add('one', owner)
    add('c')
    add('two', owner)
    expect([...queue.line].map(({ owner }) => owner?.size)).toEqual([undefined, 1, undefined, 1, undefined])
    queue.moveToBack(owner)
    expect([...queue.line].map(({ owner }) => owner?.size)).toEqual([undefined, undefined, 1, 1, undefined])
    expect(start()).toEqual(['a', 'b'])
  })

  it('follows a priority that is changed while it waits', () => {
    const { queue, start } = queueOf(0, [['a'], ['b'], ['c']])
    queue.setPriority('c', 1)
    expect(() => queue.setPriority('z', 1)).toThrow('"z"')
    expect(start()).toEqual(['c', 'a', 'b'])
  })
})

describe('admission', () => {
  it('starts nothing that does not fit, and starts smaller entries behind it', () => {
    const { start, queue } = queueOf(10, [
      ['a', 6],
      ['b', 6],
      ['c', 4],
      ['d', 1],
    ])
    expect(start()).toEqual(['a', 'c'])
    expect(queue.waiting).toBe(2)
  })

  it('bounds CPUs as it bounds memory', () => {
    const { start } = queueOf(
      100,
      [
        ['a', 1, 0, 600],
        ['b', 1, 0, 600],
        ['c', 1, 0, 400],
      ],
      1_000,
    )
    expect(start()).toEqual(['a', 'c'])
  })

  it('starts entries that fit after resources are freed', () => {
    const { start, pool } = queueOf(10, [
      ['a', 6],
      ['b', 6],
      ['c', 4],
    ])
    start()
    pool.giveBack({ memory: 6, cpus: 0 })
    expect(start()).toEqual(['a', 'c', 'b'])
    expect(pool.taken).toEqual({ memory: 10, cpus: 0, gpus: 0 })
  })

  it('never starves a large one: after sixteen have passed it, it is next', () => {
    const { start, pool, add } = queueOf(10, [
      ['first', 1],
      ['large', 10],
    ])
    start()
    for (let turn = 0; turn < 40; turn += 1) {
      add([`small ${turn}`, 1])
      if (start().length === turn + 2) pool.giveBack({ memory: 1, cpus: 0 })
    }
    expect(start()).toHaveLength(17)
    pool.giveBack({ memory: 1, cpus: 0 })
    expect(start().at(17)).toBe('large')
  })

  it('forgets one that is removed', () => {
    const { queue, start } = queueOf(10, [
      ['a', 20],
      ['b', 1],
    ])
    queue.remove('a')
    queue.remove('a')
    expect([start(), queue.waiting]).toEqual([['b'], 0])
  })
})
