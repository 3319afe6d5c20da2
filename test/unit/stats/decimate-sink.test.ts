import fc from 'fast-check'
import { EMPTY, from, lastValueFrom, NEVER, of, Subject, throwError, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { decimate } from '../../../src/stats/decimate.ts'
import { decimateSink, StatAccumulator } from '../../../src/stats/decimate-sink.ts'
import type { Stat } from '../../../src/stats/stat.ts'
import { sortedStats } from '../../support/stats.ts'

function accumulate(max: number, stats: Iterable<Stat>): StatAccumulator {
  const kept = new StatAccumulator(max)
  for (const stat of stats) kept.push(stat)
  return kept
}

describe('StatAccumulator', () => {
  it('returns what decimate returns, up to twice as many samples as points', () => {
    fc.assert(
      fc.property(sortedStats(40), fc.integer({ min: 20, max: 50 }), (stats, max) => {
        expect(accumulate(max, stats).points()).toEqual(decimate(max, stats))
      }),
    )
  })

  it('never holds more than twice as many points, and emits at most maxSamples', () => {
    fc.assert(
      fc.property(sortedStats(), fc.integer({ min: 0, max: 12 }), (stats, max) => {
        const kept = new StatAccumulator(max)
        for (const stat of stats) {
          kept.push(stat)
          expect(kept.size).toBeLessThanOrEqual(2 * max)
          expect(kept.points().length).toBeLessThanOrEqual(max)
        }
        expect(kept.points().length > 0).toBe(stats.length > 0 && max > 0)
      }),
    )
  })

  it('makes every point the exact mean of whole runs of samples, however often it had to decimate', () => {
    fc.assert(
      fc.property(sortedStats(300), fc.integer({ min: 1, max: 9 }), (stats, max) => {
        // A fraction that only an index can have: the mean of an index, times its count, tells which samples a point stands for.
        const indexed = stats.map((stat, index) => ({ ...stat, metrics: { ...stat.metrics, index: index + 0.5 } }))
        let begin = 0
        for (const point of accumulate(max, indexed).points()) {
          const middle = point.metrics.index ?? 0
          const count = Math.round(2 * (middle - begin))
          expect([point]).toEqual(decimate(1, indexed.slice(begin, begin + count)).map(mean => closeTo(mean)))
          begin += count
        }
        expect(begin).toBe(stats.length)
      }),
    )
  })

  it('keeps a long run in detail: between a half and all of its points', () => {
    const kept = new StatAccumulator(240)
    for (let index = 0; index < 86_400; index++) kept.push({ timestamp: index * 1000, metrics: { x: index } })
    const points = kept.points()
    expect(points.length).toBeGreaterThanOrEqual(120)
    expect(points.length).toBeLessThanOrEqual(240)
    // A line stays a line.
    for (const { timestamp, metrics } of points) expect(Math.abs(timestamp / 1000 - (metrics.x ?? 0))).toBeLessThan(1)
  })

  it('ignores a step back of the clock, and changes no sample', () => {
    const stats = [5, 6, 2, 7].map(timestamp => Object.freeze({ timestamp, metrics: Object.freeze({ x: timestamp }) }))
    expect(
      accumulate(10, stats)
        .points()
        .map(({ timestamp }) => timestamp),
    ).toEqual([5, 6, 6, 7])
    expect(accumulate(1, [...stats, ...stats]).points()).toMatchObject([{ metrics: { x: 5 } }])
  })

  it('can be asked at any time, without a consequence', () => {
    const stats = Array.from({ length: 50 }, (_, index) => ({ timestamp: index, metrics: { x: index } }))
    const asked = new StatAccumulator(7)
    for (const stat of stats) {
      asked.push(stat)
      asked.points()
    }
    expect(asked.points()).toEqual(accumulate(7, stats).points())
  })

  it('keeps the smallest and the largest value on request', () => {
    const kept = new StatAccumulator(1, { extremes: true })
    for (let index = 0; index < 9; index++)
      kept.push({ timestamp: index, metrics: { x: index % 5, ...(index === 4 && { y: 1 }) } })
    expect(kept.points()).toEqual([{ timestamp: 4, metrics: { x: 1, x_min: 0, x_max: 4, y: 0, y_min: 0, y_max: 1 } }])
  })

  it('keeps every mean between its smallest and largest value, in the order of time, in at most maxSamples points', () => {
    // Fractions and negative numbers, which no engine has, must not do better.
    const metrics = fc.dictionary(
      fc.constantFrom('mem_usage', 'net_rx', 'cpu_total'),
      fc.oneof(fc.maxSafeNat(), fc.integer(), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
    )
    const samples = sortedStats(300).chain(stats =>
      fc.tuple(...stats.map(stat => metrics.map(values => ({ ...stat, metrics: values })))),
    )
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 12 }), (stats, max) => {
        const kept = new StatAccumulator(max, { extremes: true })
        for (const stat of stats) kept.push(stat)
        const points = kept.points()
        expect(points.length).toBeLessThanOrEqual(max)
        const times = points.map(({ timestamp }) => timestamp)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        for (const { metrics } of points) {
          for (const name of ['mem_usage', 'net_rx', 'cpu_total'].filter(name => name in metrics)) {
            const [mean, least, greatest] = [name, `${name}_min`, `${name}_max`].map(key => metrics[key] ?? Number.NaN)
            // The mean of fractions is rounded, as any sum of them is.
            const slack = 1e-9 * Math.max(Math.abs(least ?? 0), Math.abs(greatest ?? 0))
            expect(mean).toBeGreaterThanOrEqual((least ?? Number.NaN) - slack)
            expect(mean).toBeLessThanOrEqual((greatest ?? Number.NaN) + slack)
          }
        }
      }),
    )
  })

  it.each([Number.NaN, 0.5])('refuses %o points', max => {
    expect(() => new StatAccumulator(max)).toThrow('give a whole number of points')
    expect(() => decimateSink(max)).toThrow('give a whole number of points')
  })
})

describe('decimateSink', () => {
  const stats = Array.from({ length: 1000 }, (_, index) => ({ timestamp: index * 1000, metrics: { x: index } }))

  it('emits the points once, at the end', async () => {
    const outcome = await lastValueFrom(from(stats).pipe(decimateSink(10), toArray()))
    expect(outcome).toEqual([accumulate(10, stats).points()])
  })

  it('emits no point for no sample, and a single sample unchanged', async () => {
    const [only] = stats
    expect(await lastValueFrom(EMPTY.pipe(decimateSink(10)))).toEqual([])
    expect(await lastValueFrom(of(...stats.slice(0, 1)).pipe(decimateSink(10)))).toEqual([only])
  })

  it('passes an error on', async () => {
    const error = new Error('lost')
    await expect(lastValueFrom(throwError(() => error).pipe(decimateSink(10)))).rejects.toBe(error)
  })

  it('starts again for every subscriber, and unsubscribes from the source with it', () => {
    const source = new Subject<Stat>()
    const sink = source.pipe(decimateSink(10))
    const seen: (readonly Stat[])[] = []
    const early = sink.subscribe(points => seen.push(points))
    source.next({ timestamp: 1, metrics: {} })
    sink.subscribe(points => seen.push(points))
    early.unsubscribe()
    source.next({ timestamp: 2, metrics: {} })
    source.complete()
    expect(seen).toEqual([[{ timestamp: 2, metrics: {} }]])
    expect(source.observed).toBe(false)
    NEVER.pipe(decimateSink(1)).subscribe().unsubscribe()
  })
})

function closeTo({ timestamp, metrics }: Stat): unknown {
  const { index, ...whole } = metrics
  return { timestamp: expect.closeTo(timestamp, 2), metrics: { ...whole, index: expect.closeTo(index ?? 0, 5) } }
}

describe('invalid samples', () => {
  const one = { timestamp: 1, metrics: { pids: 1 } }

  it.each([
    [{ timestamp: Number.NaN, metrics: {} }],
    [{ timestamp: Number.POSITIVE_INFINITY, metrics: {} }],
    [{ timestamp: 2, metrics: { pids: '2' } }],
    [{ timestamp: 2, metrics: { pids: null } }],
    [{ timestamp: 2, metrics: { pids: 2n } }],
    [{ timestamp: '2', metrics: {} }],
  ])('%o is refused, first or later', async bad => {
    for (const stats of [[bad], [one, bad, one]]) {
      for (const extremes of [false, true]) {
        const points = lastValueFrom(from(stats as unknown as Stat[]).pipe(decimateSink(3, { extremes })))
        await expect(points).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INVALID_STATS' })
      }
    }
  })

  it('metrics of null are none', async () => {
    const stats = [one, { timestamp: 2, metrics: null as never }]
    expect(await lastValueFrom(from(stats).pipe(decimateSink(1, { extremes: true })))).toEqual([
      { timestamp: 1.5, metrics: { pids: 0, pids_min: 0, pids_max: 1 } },
    ])
  })
})
