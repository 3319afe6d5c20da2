import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSize } from '../../../src/utils/size.ts'

describe('parseSize', () => {
  const sizes: [unknown, number | undefined][] = [
    [0, 0],
    [7, 7],
    ['7', 7],
    ['64b', 64],
    ['64k', 65_536],
    ['64m', 67_108_864],
    ['64M', 67_108_864],
    ['64mb', 67_108_864],
    ['64MiB', 67_108_864],
    ['64 m', 67_108_864],
    ['1.5g', 1_610_612_736],
    ['1t', 1_099_511_627_776],
    ['0.3k', 307],
    ...[
      '',
      'm',
      '-1m',
      '1e3',
      '1,5g',
      '1 000',
      '64x',
      '64bb',
      '64bi',
      '.5g',
      '5.g',
      ' 5',
      '99999999t',
      -1,
      1.5,
      Number.NaN,
    ].map(size => [size, undefined] as [unknown, undefined]),
    ['0.0m', 0],
    ['0.001k', 1],
    ...['0.0001k', '0.5', '0.9b', `0.${'0'.repeat(400)}1t`].map((size): [unknown, undefined] => [size, undefined]),
    [Number.POSITIVE_INFINITY, undefined],
    [10n, undefined],
    [null, undefined],
  ]
  it.each(sizes)('reads %o as %o', (size, bytes) => {
    expect(parseSize(size)).toBe(bytes)
  })

  it('reads every whole number of every unit exactly', () => {
    const units = ['b', 'k', 'm', 'g', 't']
    fc.assert(
      fc.property(fc.nat(4095), fc.nat(4), (count, unit) => {
        expect(parseSize(`${count}${units[unit]}`)).toBe(count * 1024 ** unit)
      }),
    )
  })
})
