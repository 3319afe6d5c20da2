import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../../../src/executor/queue/scheduler.ts'
import { deferred } from '../../../../src/utils/deferred.ts'

/** A scheduler of 100 bytes, and work that runs until it is ended. */
function setup() {
  const scheduler = new Scheduler(10, { memory: 100, cpus: Number.POSITIVE_INFINITY })
  const started: string[] = []
  const add = (id: string, memory: number) => {
    const over = deferred<void>()
    scheduler.add({ id, priority: 0, demand: { memory, cpus: 0 } }, async () => {
      started.push(id)
      await over.promise
    })
    return () => over.resolve()
  }
  return { scheduler, started, add }
}

const turn = () => new Promise(setImmediate)

describe('memory that is held back', () => {
  it('is not given to work beside other work', async () => {
    const { scheduler, started, add } = setup()
    scheduler.reserve(30)
    const end = add('a', 50)
    const other = add('b', 40)
    await turn()
    expect([started, scheduler.waiting]).toEqual([['a'], 1])
    scheduler.reserve(10)
    await turn()
    expect(started).toEqual(['a', 'b'])
    end()
    other()
  })

  it('does not keep work of all the memory from running alone', async () => {
    const { scheduler, started, add } = setup()
    scheduler.reserve(30)
    const end = add('a', 100)
    await turn()
    expect(started).toEqual(['a'])
    end()
  })
})
