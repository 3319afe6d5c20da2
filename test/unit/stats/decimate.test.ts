import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { decimate } from '../../../src/stats/decimate.ts'
import type { Stat } from '../../../src/stats/stat.ts'
import { sortedStats } from '../../support/stats.ts'
import { readVectors } from '../../support/vectors.ts'

interface Row {
  readonly name: string
  readonly maxSamples: number
  readonly input: readonly { readonly timestampMs: number; readonly metrics: Record<string, number> }[]
  readonly output: readonly { readonly timestampMs: number; readonly metrics: Record<string, number> }[]
}

const rows = readVectors<Row[]>('decimate.json')

describe('decimate and Fn', () => {
  for (const { name, maxSamples, input, output } of rows) {
    it(`agrees on: ${name}`, () => {
      const stats = input.map(({ timestampMs, metrics }) => ({ timestamp: timestampMs, metrics }))
      const points = decimate(maxSamples, stats)
      expect(points.map(point => point.metrics)).toEqual(output.map(point => point.metrics))
      for (const [index, { timestampMs }] of output.entries()) {
        // Fn's mean of n times is up to n - 1 ns early.
        expect(Math.abs((points[index]?.timestamp ?? 0) - timestampMs)).toBeLessThan(0.001)
      }
    })
  }
})

/** Fn's algorithm, step by step, on whole milliseconds. Written for what it gives, not for how fast. */
function asFn(max: number, stats: readonly Stat[]): Stat[] {
  const times = stats.map(({ timestamp }) => BigInt(timestamp) * 1_000_000n)
  const first = times[0] ?? 0n
  const window = ((times.at(-1) ?? 0n) - first) / BigInt(max)
  const points: Stat[] = []
  let current = first
  for (let x = 0; x < stats.length; current += window) {
    const isLast = points.length === max - 1
    const bin: Stat[] = []
    while (x < stats.length && (isLast || (times[x] ?? 0n) <= current + window)) bin.push(stats[x++] as Stat)
    if (bin.length === 0) continue
    const names = new Set(bin.flatMap(({ metrics }) => Object.keys(metrics)))
    const mean = (values: readonly number[]) =>
      Number(values.reduce((sum, value) => sum + BigInt(value), 0n) / BigInt(bin.length))
    points.push({
      timestamp: bin.reduce((sum, { timestamp }) => sum + timestamp, 0) / bin.length,
      metrics: Object.fromEntries([...names].map(name => [name, mean(bin.map(({ metrics }) => metrics[name] ?? 0))])),
    })
  }
  return points
}

describe('decimate', () => {
  it('returns what Fn returns, for all samples that Fn ends with', () => {
    fc.assert(
      fc.property(sortedStats(), fc.integer({ min: 1, max: 40 }), (stats, max) => {
        const points = decimate(max, stats)
        const expected = stats.length <= max ? stats : asFn(max, stats)
        expect(points.map(point => point.metrics)).toEqual(expected.map(point => point.metrics))
        for (const [index, point] of points.entries())
          expect(point.timestamp).toBeCloseTo(expected[index]?.timestamp ?? 0, 2)
      }),
    )
  })

  it('does not change its input', () => {
    fc.assert(
      fc.property(sortedStats(), fc.integer({ min: -1, max: 40 }), (stats, max) => {
        const before = structuredClone(stats)
        const points = decimate(max, stats)
        points.push({ timestamp: 0, metrics: {} })
        expect(stats).toEqual(before)
      }),
    )
  })

  it('returns at most maxSamples points in the order of time, and loses no sample', () => {
    fc.assert(
      fc.property(sortedStats(), fc.integer({ min: 1, max: 40 }), (stats, max) => {
        const points = decimate(
          max,
          stats.map(({ timestamp }) => ({ timestamp, metrics: { one: 0.5 } })),
        )
        expect(points.length).toBeLessThanOrEqual(max)
        expect(points.map(({ timestamp }) => timestamp)).toEqual(
          points.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b),
        )
        expect(points.every(({ metrics }) => metrics.one === 0.5)).toBe(true)
      }),
    )
  })

  it('comes to an end where Fn does not: a window shorter than a nanosecond', () => {
    const stats = [0, 0, 0, 0, 0.000_001].map(timestamp => ({ timestamp, metrics: { x: 4 } }))
    expect(decimate(3, stats)).toEqual([
      { timestamp: 0, metrics: { x: 4 } },
      { timestamp: 0.000_001, metrics: { x: 4 } },
    ])
  })

  it('adds up beyond 2^53 and beyond 2^64 without a loss', () => {
    const means = (values: number[]) =>
      decimate(
        1,
        values.map((x, timestamp) => ({ timestamp, metrics: { x } })),
      )[0]?.metrics.x
    const max = Number.MAX_SAFE_INTEGER
    expect(means([max, max, max])).toBe(max)
    expect(means([max, max, max - 1])).toBe(max - 1)
    expect(means([max - 1, max, max - 2, 1, 1])).toBe(Number((3n * BigInt(max) - 3n + 2n) / 5n))
    expect(means([2 ** 64, 2 ** 64, 2 ** 60, 7])).toBe(Number((2n * 2n ** 64n + 2n ** 60n + 7n) / 4n))
    expect(means([max, 0])).toBe((max - 1) / 2)
  })

  it('keeps fractions, which Fn does not have', () => {
    const stats = [0.25, 0.5, 0.75, 1].map((x, timestamp) => ({ timestamp, metrics: { x, whole: 1 } }))
    expect(decimate(1, stats)).toEqual([{ timestamp: 1.5, metrics: { x: 0.625, whole: 1 } }])
    expect(
      decimate(
        1,
        [0.5, 0.5, 1].map((x, timestamp) => ({ timestamp, metrics: { x } })),
      )[0]?.metrics.x,
    ).toBeCloseTo(2 / 3)
  })

  it('copes with metrics that come and go, and with hostile names', () => {
    const stats = [{ b: 6, a: 3 }, { a: 3 }, JSON.parse('{"__proto__": 9, "constructor": 3}')].map(
      (metrics, timestamp) => ({
        timestamp,
        metrics: metrics as Record<string, number>,
      }),
    )
    expect(Object.entries(decimate(1, stats)[0]?.metrics ?? {})).toEqual([
      ['b', 2],
      ['a', 2],
      ['__proto__', 3],
      ['constructor', 1],
    ])
  })

  it.each([
    [[3, 2], 1],
    [[1, 2, 3, 1], 2],
    [[1, Number.NaN, 2], 2],
    [[1, 2, Number.POSITIVE_INFINITY], 1],
    [[1, 2, 3, -62_135_596_800_000], 3],
  ])('refuses samples that are not sorted: %o', (times, max) => {
    const stats = times.map(timestamp => ({ timestamp, metrics: {} }))
    expect(() => decimate(max, stats)).toThrow(CookietinError)
    expect(() => decimate(max, stats)).toThrow(/sort them by timestamp/)
  })

  it.each([Number.NaN, 1.5, '3' as unknown as number])('refuses %o points', max => {
    expect(() => decimate(max, [])).toThrow('give a whole number of points')
  })

  it('returns every sample without a limit', () => {
    const stats = [1, 2].map(timestamp => ({ timestamp, metrics: {} }))
    expect(decimate(Number.POSITIVE_INFINITY, stats)).toEqual(stats)
  })

  it('halves 480 samples to 240, as Fn promises', () => {
    const stats = Array.from({ length: 480 }, (_, index) => ({ timestamp: index * 1000, metrics: { x: index } }))
    expect(decimate(240, stats)).toHaveLength(240)
  })
})

it.each([
  ['a string', '5'],
  ['a bigint', 5n],
  ['a boolean', true],
  ['null', null],
  ['an object', {}],
])('refuses a metric that is %s, before and in the middle of a window', (_, value) => {
  const bad = { timestamp: 2, metrics: { pids: value as never } }
  for (const stats of [[bad], [{ timestamp: 1, metrics: { pids: 1 } }, bad, { timestamp: 3, metrics: {} }]]) {
    for (const max of [1, 10]) {
      expect(() => decimate(max, stats)).toThrow(/metrics\.pids is (of type \w+|null), it must be a number/)
    }
  }
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses the time %s', time => {
  for (const times of [[time], [1, time], [time, 1], [1, 2, time, 3]]) {
    const stats = times.map(timestamp => ({ timestamp, metrics: {} }))
    for (const max of [1, 10]) {
      expect(() => decimate(max, stats)).toThrow(expect.objectContaining({ code: 'ERR_COOKIETIN_INVALID_STATS' }))
    }
  }
})
