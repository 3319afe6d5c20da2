import fc from 'fast-check'
import { EMPTY, from, lastValueFrom, NEVER, of, Subject, throwError, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { keepLatest } from '../../../src/stats/keep-latest.ts'

/** Work that ends when it is told to. */
function atWork() {
  const seen: [value: number, dropped: number][] = []
  const jobs: Subject<string>[] = []
  const source = new Subject<number>()
  const results: string[] = []
  let ended = false
  const subscription = source
    .pipe(
      keepLatest((value, dropped) => {
        const job = new Subject<string>()
        seen.push([value, dropped])
        jobs.push(job)
        return job
      }),
    )
    .subscribe({
      next: result => results.push(result),
      complete: () => {
        ended = true
      },
    })
  return { source, seen, results, subscription, ended: () => ended, finish: () => jobs.shift()?.complete(), jobs }
}

describe('keepLatest', () => {
  it('drops the values that arrive meanwhile, except the latest, and counts them', () => {
    const { source, seen, finish } = atWork()
    for (const value of [1, 2, 3, 4]) source.next(value)
    expect(seen).toEqual([[1, 0]])
    finish()
    expect(seen.at(-1)).toEqual([4, 2])
    finish()
    source.next(5)
    expect(seen.at(-1)).toEqual([5, 0])
  })

  it('works on the last one, too, and ends after it', () => {
    const { source, seen, finish, ended } = atWork()
    source.next(1)
    source.next(2)
    source.complete()
    expect(ended()).toBe(false)
    finish()
    expect([seen.at(-1), ended()]).toEqual([[2, 0], false])
    finish()
    expect(ended()).toBe(true)
  })

  it('counts every value: those worked on and those dropped are all', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), steps => {
        const { source, seen, finish } = atWork()
        let given = 0
        for (const step of steps) step ? source.next(given++) : finish()
        source.complete()
        finish()
        finish()
        expect(seen.reduce((sum, [, dropped]) => sum + dropped + 1, 0)).toBe(given)
        expect(seen.map(([value]) => value)).toEqual(seen.map(([value]) => value).toSorted((a, b) => a - b))
      }),
    )
  })

  it('drops nothing for synchronous work, and emits its results', async () => {
    const results = from([1, 2, 3]).pipe(
      keepLatest((value, dropped) => of(value * 10 + dropped)),
      toArray(),
    )
    expect(await lastValueFrom(results)).toEqual([10, 20, 30])
  })

  it('passes an error on: of the work, of its making and of the source', async () => {
    const error = new Error('full')
    const fail = () => throwError(() => error)
    await expect(lastValueFrom(of(1).pipe(keepLatest(fail)))).rejects.toBe(error)
    const blunder = () => {
      throw error
    }
    await expect(lastValueFrom(of(1).pipe(keepLatest(blunder)))).rejects.toBe(error)
    await expect(lastValueFrom(fail().pipe(keepLatest(() => EMPTY)))).rejects.toBe(error)
  })

  it('unsubscribes from the source and the work with its subscriber', () => {
    const { source, subscription, jobs } = atWork()
    source.next(1)
    const [job] = jobs
    expect([source.observed, job?.observed]).toEqual([true, true])
    subscription.unsubscribe()
    expect([source.observed, job?.observed]).toEqual([false, false])
    NEVER.pipe(keepLatest(() => EMPTY))
      .subscribe()
      .unsubscribe()
  })
})
