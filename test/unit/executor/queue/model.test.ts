import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AdmissionOptions, AdmissionQueue, type Owner } from '../../../../src/executor/queue/admission-queue.ts'
import { type Demand, ResourcePool } from '../../../../src/executor/queue/resource-pool.ts'
import { parameters } from '../../../support/models/seed.ts'

// The admission queue beside the plain algorithm that defines its order: one sorted array, which is searched from its beginning.

type Options = AdmissionOptions & { readonly owner: Owner | undefined }

interface Entry extends Options {
  readonly isFirst: boolean
  overtaken: number
}

class PlainQueue {
  readonly pool: ResourcePool
  readonly entries: Entry[] = []
  #lastWasFirst = false

  constructor(pool: ResourcePool) {
    this.pool = pool
  }

  enqueue(options: Options): void {
    const { owner } = options
    const isFirst = owner?.size === 0 && !this.entries.some(entry => entry.owner === owner && entry.isFirst)
    this.#insert({ ...options, isFirst, overtaken: 0 })
  }

  dequeue(): Entry | undefined {
    const index = this.#next()
    if (index === -1) return undefined
    for (const entry of this.entries.slice(0, index)) entry.overtaken += 1
    const [entry] = this.entries.splice(index, 1)
    if (entry === undefined) return undefined
    this.#lastWasFirst = entry.isFirst
    this.pool.take(entry.demand)
    return entry
  }

  setPriority(id: string, priority: number): void {
    const entry = this.entries.find(entry => entry.id === id)
    if (entry === undefined) return
    this.remove(id)
    this.#insert({ ...entry, priority })
  }

  moveToBack(owner: Owner): void {
    for (const entry of this.entries.filter(entry => entry.owner === owner)) {
      this.remove(entry.id)
      this.#insert({ ...entry, isFirst: false })
    }
  }

  remove(id: string): boolean {
    const index = this.entries.findIndex(entry => entry.id === id)
    if (index === -1) return false
    this.entries.splice(index, 1)
    return true
  }

  #insert(entry: Entry): void {
    const behind = this.entries.findIndex(other => !goesBefore(other, entry))
    this.entries.splice(behind === -1 ? this.entries.length : behind, 0, entry)
  }

  #next(): number {
    const found = this.#find(entry => !(this.#lastWasFirst && entry.isFirst))
    return found === -1 && this.#lastWasFirst ? this.#find(() => true) : found
  }

  #find(mayStart: (entry: Entry) => boolean): number {
    for (const [index, entry] of this.entries.slice(0, 1024).entries()) {
      if (!mayStart(entry)) continue
      if (this.pool.fits(entry.demand)) return index
      if (entry.overtaken >= 16) return -1
    }
    return -1
  }
}

function goesBefore(earlier: Entry, later: Entry): boolean {
  if (earlier.priority !== later.priority) return earlier.priority > later.priority
  return earlier.isFirst || !later.isFirst
}

const owners = [{ size: 0 }, { size: 0 }, { size: 2 }]

const work = fc.record({
  priority: fc.constantFrom(0, 0, 0, 1, -1, 0.5),
  memory: fc.constantFrom(0, 1, 3, 5, 8),
  cpus: fc.constantFrom(0, 0, 1, 4),
  gpus: fc.constantFrom(0, 0, 0, 1),
  owner: fc.constantFrom(undefined, undefined, undefined, ...owners.keys()),
})

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('add' as const), work, times: fc.constant(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('add' as const), work, times: fc.integer({ min: 2, max: 900 }) }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('start' as const), times: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('end' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('priority' as const),
      which: fc.nat(),
      priority: fc.integer({ min: -1, max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('back' as const), owner: fc.nat(owners.length - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('size' as const), owner: fc.nat(owners.length - 1), size: fc.nat(2) }),
  },
)

it('starts what the plain algorithm starts, in the same order', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), steps => {
      const total = { memory: 10, cpus: 8, gpus: 1 }
      const pool = new ResourcePool(total)
      const queue = new AdmissionQueue(pool)
      const plain = new PlainQueue(new ResourcePool(total))
      const sizes = owners.map(({ size }) => ({ size }))
      const running: Demand[] = []
      let last: string | undefined
      let count = 0
      const someId = (which: number) => (count === 0 ? 'none' : String(which % count))
      const take = () => {
        last = undefined
        queue.dequeue()?.run()
        const expected = plain.dequeue()
        expect(last).toBe(expected?.id)
        if (expected !== undefined) running.push(expected.demand)
        return expected
      }

      for (const each of steps) {
        if (each.type === 'add') {
          for (let times = 0; times < each.times; times += 1) {
            const { priority, memory, cpus, gpus, owner } = each.work
            const id = String(count++)
            const demand = { memory, cpus, gpus }
            const options = { id, priority, demand, owner: owner === undefined ? undefined : sizes[owner] }
            queue.enqueue(async () => {
              last = id
            }, options)
            plain.enqueue(options)
          }
        } else if (each.type === 'start') {
          for (let times = 0; times < each.times && take() !== undefined; times += 1);
        } else if (each.type === 'end') {
          const [demand] = running.splice(each.which % Math.max(1, running.length), 1)
          if (demand === undefined) continue
          pool.giveBack(demand)
          plain.pool.giveBack(demand)
        } else if (each.type === 'remove') {
          expect(queue.remove(someId(each.which))).toBe(plain.remove(someId(each.which)))
        } else if (each.type === 'priority') {
          const id = someId(each.which)
          if (!plain.entries.some(entry => entry.id === id)) continue
          queue.setPriority(id, each.priority)
          plain.setPriority(id, each.priority)
        } else {
          const owner = sizes[each.owner]
          if (owner === undefined) continue
          if (each.type === 'size') owner.size = each.size
          else {
            queue.moveToBack(owner)
            plain.moveToBack(owner)
          }
        }
      }

      expect([...queue.line].map(({ demand }) => demand)).toEqual(plain.entries.map(({ demand }) => demand))
      for (let times = 0; times < 100; times += 1) {
        if (take() !== undefined) continue
        for (const demand of running.splice(0)) {
          pool.giveBack(demand)
          plain.pool.giveBack(demand)
        }
      }
      expect(queue.waiting).toBe(plain.entries.length)
      expect(pool.taken).toEqual(plain.pool.taken)
    }),
    { ...parameters, numRuns: Math.ceil(parameters.numRuns / 5) },
  )
})
