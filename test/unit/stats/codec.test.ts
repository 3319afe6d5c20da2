import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { decodeStats, encodeStats } from '../../../src/stats/codec.ts'
import type { Stat } from '../../../src/stats/stat.ts'
import { sortedStats } from '../../support/stats.ts'
import { readVectors } from '../../support/vectors.ts'

/** A sample of Fn: ns since 1970 and 64-bit metrics, as decimal strings. */
interface FnStat {
  readonly t: string
  readonly m: Readonly<Record<string, string>> | null
}
interface Vectors {
  readonly value: readonly {
    readonly name: string
    readonly input: readonly FnStat[]
    readonly zone: string
    readonly value: string
  }[]
  readonly scan: readonly {
    readonly name: string
    readonly kind: string
    readonly input: unknown
    readonly output: readonly FnStat[] | null
    readonly err?: string
  }[]
}

const { value, scan } = readVectors<Vectors>('stats-value-scan.json')

/** A JavaScript time cannot hold nanoseconds: they are cut to milliseconds, downwards, as Fn's own form does. Go's zero time overflows its nanoseconds. */
function toStat({ t, m }: FnStat): Stat {
  const nanoseconds = BigInt(t)
  const milliseconds = nanoseconds / 1_000_000n - (nanoseconds % 1_000_000n < 0n ? 1n : 0n)
  return {
    timestamp: t === '-6795364578871345152' ? -62_135_596_800_000 : Number(milliseconds),
    metrics:
      m === null
        ? (null as unknown as Stat['metrics'])
        : Object.fromEntries(Object.entries(m).map(([k, v]) => [k, Number(v)])),
  }
}

/** Where we do otherwise, and why. */
const otherwise: Record<string, string> = {
  'zone-offset-kept': '[{"timestamp":"2016-08-11T00:00:00.005Z","metrics":{"x":1}}]\n', // a number of ms has no zone
}

describe('stats codec and Fn', () => {
  for (const row of value) {
    it(`encodes ${row.name}`, () => {
      expect(encodeStats(row.input.map(toStat))).toBe(otherwise[row.name] ?? row.value)
    })
  }

  for (const row of scan) {
    it(`decodes ${row.name}${row.err ? ': refused' : ''}`, () => {
      const input = (row.kind === 'bytes' ? Buffer.from(row.input as string) : row.input) as string
      if (row.err !== undefined) {
        expect(() => decodeStats(input)).toThrow(CookietinError)
        expect(() => decodeStats(input)).toThrow(/^Cannot decode stats: /)
        return
      }
      // Go's nil is an empty list here, and its nil map an empty object: nobody has to ask whether they are there.
      const expected = (row.output ?? [])
        .map(toStat)
        .map(({ timestamp, metrics }) => ({ timestamp, metrics: metrics ?? {} }))
      expect(decodeStats(input)).toEqual(expected)
    })
  }
})

describe('stats codec', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(sortedStats(), stats => {
        expect(decodeStats(encodeStats(stats))).toEqual(stats)
        expect(decodeStats(Buffer.from(encodeStats(stats)))).toEqual(stats)
      }),
    )
  })

  it('writes JSON that every parser reads alike, with any names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.maxSafeNat()), metrics => {
        const text = encodeStats([{ timestamp: 0, metrics }])
        expect(JSON.parse(text)).toEqual([{ timestamp: '1970-01-01T00:00:00.000Z', metrics }])
        expect(text).not.toMatch(/[<>&\u2028\u2029]/)
        expect(decodeStats(text)).toEqual([{ timestamp: 0, metrics }])
      }),
    )
  })

  it('escapes control characters as Go does, and sorts names by their bytes', () => {
    const text = encodeStats([{ timestamp: 0, metrics: { '\u{1f600}': 1, '\uffee': 2, '\b\f\\b': 3 } }])
    expect(text).toContain('{"\\u0008\\u000c\\\\b":3,"\uffee":2,"\u{1f600}":1}')
  })

  it('cuts fractions off, as Fn does with percentages', () => {
    expect(encodeStats([{ timestamp: 1.9, metrics: { x: 99.99, y: -0.5 } }])).toBe(
      '[{"timestamp":"1970-01-01T00:00:00.001Z","metrics":{"x":99,"y":0}}]\n',
    )
  })

  it.each([
    { timestamp: 0, metrics: { x: -1 } },
    { timestamp: 0, metrics: { x: Number.NaN } },
    { timestamp: 0, metrics: { x: Number.POSITIVE_INFINITY } },
    { timestamp: Number.NaN, metrics: {} },
    { timestamp: 8.64e15, metrics: {} },
  ])('does not encode %o', stat => {
    expect(() => encodeStats([stat])).toThrow(/^Cannot encode stats: stats\[0\]\.(timestamp|metrics\.x) is /)
  })

  it.each([
    '[7]',
    '[{"metrics":[]}]',
    '[{"metrics":7}]',
    '[{"metrics":{"x":"7"}}]',
    '[{"metrics":{"x":{}}}]',
    '[{"timestamp":"2016-02-30T00:00:00Z"}]',
    '[{"timestamp":"2016-01-01T24:00:00Z"}]',
    '[{"timestamp":"2016-01-01T00:00:00"}]',
    '[{"timestamp":{}}]',
    '"[]"',
    '[] []',
  ])('does not decode %s', text => {
    expect(() => decodeStats(text)).toThrow(/^Cannot decode stats: /)
  })

  it('is not deceived by numbers in strings, nor by quotes in names', () => {
    const text = '[{"timestamp":"","metrics":{"a\\"1":2,"n1":3,"\\\\":4},"x":"\\\\\\"12"}]'
    expect(decodeStats(text)).toEqual([{ timestamp: 0, metrics: { 'a"1': 2, n1: 3, '\\': 4 } }])
  })
})
