import { describe, expect, test } from 'vitest'
import { NetworkDemand } from '../../../../../src/engines/docker/network/demand.ts'

/** A pool that follows the demand: its number of namespaces without a network, and of replacements so far. */
class PoolModel {
  readonly demand: NetworkDemand
  readonly #kinds: boolean[] = []
  replaced = 0

  constructor(size: number) {
    this.demand = new NetworkDemand(size)
    for (let index = 0; index < size; index += 1) this.#kinds.push(this.demand.next(this.networkless).networkless)
  }

  get networkless(): number {
    return this.#kinds.filter(Boolean).length
  }

  ask(networkless: boolean): boolean {
    const isServed = this.#kinds.includes(networkless)
    this.demand.record(networkless)
    const excess = this.demand.excess(this.networkless)
    if (excess !== undefined) {
      this.#kinds.splice(this.#kinds.indexOf(excess.networkless), 1)
      this.#kinds.push(this.demand.next(this.networkless).networkless)
      this.replaced += 1
    }
    return isServed
  }
}

describe('the namespaces of a default pool', () => {
  test.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [9, 4],
  ])('of size %i are without a network for %i of them at first', (size, networkless) => {
    expect(new PoolModel(size).networkless).toBe(networkless)
  })

  test.each([1, 2, 3, 4, 8])('of size %i all become of the one kind that is asked for, and back', size => {
    const pool = new PoolModel(size)
    for (const networkless of [true, false, true]) {
      for (let turn = 0; turn < 8 * size + 8; turn += 1) pool.ask(networkless)
      expect(pool.networkless).toBe(networkless ? size : 0)
      expect(pool.ask(networkless)).toBe(true)
    }
  })

  test('keep one of a kind that is asked for rarely', () => {
    const pool = new PoolModel(4)
    const served = Array.from({ length: 60 }, (_, turn) => pool.ask(turn % 10 !== 0))
    expect(new Set(served)).toEqual(new Set([true]))
  })

  test('rest while the demand is the same', () => {
    for (const size of [1, 2, 3, 4, 8]) {
      const pool = new PoolModel(size)
      for (let turn = 0; turn < 100; turn += 1) pool.ask(turn % 2 === 0)
      const before = pool.replaced
      for (let turn = 0; turn < 200; turn += 1) pool.ask(turn % 2 === 0)
      expect(pool.replaced).toBe(before)
    }
  })
})
