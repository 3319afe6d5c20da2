import { Observable, Subject } from 'rxjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Sampler, type SamplerOptions } from '../../../src/cookie/sampler.ts'
import { rawSample, withRaw } from '../../../src/stats/raw.ts'
import type { Stat } from '../../../src/stats/stat.ts'

const stat = (timestamp: number): Stat => ({ timestamp, metrics: { pids: timestamp } })

/** A sampler of a source that counts how often it is opened and closed. */
function sampler(options: Partial<SamplerOptions> = {}) {
  const source = new Subject<Stat>()
  const counts = { opened: 0, closed: 0 }
  const counted = new Observable<Stat>(subscriber => {
    counts.opened++
    const subscription = source.subscribe(subscriber)
    return () => {
      counts.closed++
      subscription.unsubscribe()
    }
  })
  return { source, counts, under: new Sampler(counted, { maxStats: 240, onStat: undefined, ...options }) }
}

afterEach(() => vi.useRealTimers())

describe('the sampler of a cookie', () => {
  it('opens one stream for all subscribers, and closes it with the run', () => {
    const { source, counts, under } = sampler()
    const seen: Stat[][] = [[], []]
    let completed = 0
    for (const list of seen) under.stats$.subscribe({ next: each => list.push(each), complete: () => completed++ })
    expect(counts.opened).toBe(0)
    under.start()
    source.next(stat(1))
    expect(seen).toEqual([[stat(1)], [stat(1)]])
    under.stop()
    expect([counts, completed]).toEqual([{ opened: 1, closed: 1 }, 2])
    under.stats$.subscribe({ complete: () => completed++ })
    expect([counts.opened, completed]).toEqual([1, 3])
  })

  it('continues for the result when a subscriber leaves', () => {
    const { source, counts, under } = sampler()
    const subscription = under.stats$.subscribe()
    under.start()
    subscription.unsubscribe()
    source.next(stat(1))
    expect([counts.closed, under.points]).toEqual([0, [stat(1)]])
  })

  it('waits without subscribers, until one comes', () => {
    vi.useFakeTimers()
    const [alone, watched, brief, eager, none] = [sampler(), sampler(), sampler(), sampler({ delay: 0 }), sampler()]
    for (const { under } of [alone, watched, brief, eager]) under.start()
    watched.under.stats$.subscribe()
    brief.under.stop()
    expect([alone, watched, eager].map(({ counts }) => counts.opened)).toEqual([0, 1, 1])
    vi.runAllTimers()
    expect([alone, watched, brief, eager, none].map(({ counts }) => counts.opened)).toEqual([1, 1, 0, 1, 0])
  })

  it('does not sample without subscribers and without kept points', () => {
    vi.useFakeTimers()
    const { counts, under } = sampler({ maxStats: 0, delay: 0 })
    under.start()
    vi.runAllTimers()
    expect(counts.opened).toBe(0)
    under.stats$.subscribe()
    expect(counts.opened).toBe(1)
  })

  it('survives a broken stream', () => {
    const { source, under } = sampler({ onStat: () => {} })
    under.start()
    source.next(stat(1))
    source.error(new Error('cut'))
    expect(under.points).toEqual([stat(1)])
    under.stop()
  })

  it('keeps the smallest and the largest values on request', () => {
    const { source, under } = sampler({ maxStats: 1, extremes: true, onStat: () => {} })
    under.start()
    for (const timestamp of [1, 2, 6]) source.next(stat(timestamp))
    expect(under.points).toEqual([{ timestamp: 3, metrics: { pids: 3, pids_min: 1, pids_max: 6 } }])
  })

  it('passes raw samples on to subscribers, and does not keep them', () => {
    const { source, under } = sampler()
    const raw: unknown[] = []
    under.stats$.subscribe(each => raw.push(rawSample(each)))
    under.start()
    source.next(withRaw(stat(1), { precious: true }))
    expect([raw, under.points.map(rawSample)]).toEqual([[{ precious: true }], [undefined]])
  })
})

describe('onStat', () => {
  it('gets every sample at once while it is fast', () => {
    const calls: unknown[] = []
    const { source, under } = sampler({ onStat: (...call) => calls.push(call) })
    under.start()
    for (const timestamp of [1, 2]) source.next(stat(timestamp))
    expect(calls).toEqual([
      [stat(1), 0],
      [stat(2), 0],
    ])
  })

  it('misses samples while it is busy, and gets their number', async () => {
    const calls: [number, number][] = []
    const gates: (() => void)[] = []
    const called = new Subject<void>()
    const { source, under } = sampler({
      onStat: ({ timestamp }, dropped) => {
        calls.push([timestamp, dropped])
        called.next()
        return new Promise<void>(resolve => gates.push(resolve))
      },
    })
    under.start()
    for (let timestamp = 1; timestamp <= 100; timestamp++) source.next(stat(timestamp))
    expect([calls, under.points.length]).toEqual([[[1, 0]], 100])
    const next = new Promise<void>(resolve => called.subscribe(resolve))
    gates[0]?.()
    await next
    expect(calls.at(-1)).toEqual([100, 98])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('oh')
      },
    ],
    ['rejects', () => Promise.reject(new Error('oh'))],
  ] as [string, () => unknown][])('is left alone once it %s; the run is not', async (_, onStat) => {
    const spy = vi.fn(onStat)
    const { source, under } = sampler({ onStat: spy })
    under.start()
    source.next(stat(1))
    await new Promise(setImmediate)
    source.next(stat(2))
    expect([spy.mock.calls.length, under.points.length]).toEqual([1, 2])
  })
})
