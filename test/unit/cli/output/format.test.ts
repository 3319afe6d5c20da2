import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatMemory } from '../../../../src/cli/output/format.ts'

test.each([
  [12.4, '12 ms'],
  [1_250, '1.3 s'],
  [59_940, '59.9 s'],
  [125_000, '2m 05s'],
])('%d ms read as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test('bytes have three digits', () => {
  expect([0, 999, 1_000, 9_949, 12_345, 999_600, 1e9, 5e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '9.95 kB',
    '12.3 kB',
    '1 MB',
    '1 GB',
    '5 PB',
  ])
})

test('memory is in powers of 1024', () => {
  expect([512 * 2 ** 20, 7.7 * 2 ** 30, 64 * 2 ** 30].map(formatMemory)).toEqual(['512 MiB', '7.7 GiB', '64 GiB'])
})
