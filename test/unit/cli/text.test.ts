import { describe, expect, test } from 'vitest'
import { abilitiesOf } from '../../../src/cli/commands/doctor/report.ts'
import { parseDuration } from '../../../src/cli/options/duration.ts'
import { columns, shorten } from '../../../src/cli/output/columns.ts'
import { formatDuration } from '../../../src/cli/output/format.ts'
import { printable, printableLines } from '../../../src/cli/output/printable.ts'

test.each([
  ['0', 0],
  ['500', 500],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['0.1ms', 1],
  ['2m', 120_000],
  ['1h30m', 5_400_000],
  ['30d', 2_592_000_000],
])('a duration of %s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each(['', 's', '5 s', '-1', '5w', '1s2', '1.5', 'Infinity'])('%j is not a duration', text =>
  expect(parseDuration(text)).toBeUndefined(),
)

test.each([
  [12.4, '12 ms'],
  [1_250, '1.3 s'],
  [59_940, '59.9 s'],
  [125_000, '2m 05s'],
])('%d ms read as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test('columns line up with colors', () => {
  expect(
    columns([
      ['a', 'b'],
      ['\u001b[31mred\u001b[39m', 'x', 'more'],
    ]),
  ).toEqual(['a    b', '\u001b[31mred\u001b[39m  x  more'])
})

test('columns line up by terminal width: wide characters take two columns, combining characters none', () => {
  expect(
    columns([
      ['餅', 'x'],
      ['🍪', 'x'],
      ['e\u0301e', 'x'],
      ['abc', 'x'],
    ]),
  ).toEqual(['餅   x', '🍪   x', 'e\u0301e   x', 'abc  x'])
})

test('a long name is cut with an ellipsis, between characters', () => {
  expect([shorten('cookie', 6), shorten('cookies', 6)]).toEqual(['cookie', 'cooki…'])
  expect([shorten('餅餅餅', 6), shorten('餅餅餅', 5), shorten('餅餅餅', 4)]).toEqual(['餅餅餅', '餅餅…', '餅…'])
  expect(shorten('👩‍🍳👩‍🍳👩‍🍳', 5)).toBe('👩‍🍳👩‍🍳…')
})

test('untrusted text has no control characters', () => {
  expect(printable('a\u001b[2Jb\n  c\u009bd')).toBe('a�[2Jb c�d')
  expect(printableLines('one\u0007\ntwo')).toBe('one�\ntwo')
})

describe('doctor', () => {
  const full = {
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsQuota: true,
    PidsLimit: true,
    CgroupVersion: '2',
    Driver: 'overlay2',
    DriverStatus: [['Backing Filesystem', 'xfs']],
    SecurityOptions: ['name=seccomp,profile=default'],
    InitBinary: 'docker-init',
  }
  const missing = (info: object) =>
    abilitiesOf({ ...full, ...info }).flatMap(({ name, works }) => (works ? [] : [name]))

  test('finds nothing missing on a complete engine', () => expect(missing({})).toEqual([]))
  test.each([
    [{ DriverStatus: [['Backing Filesystem', 'extfs']] }, ['fsSize']],
    [{ Driver: 'btrfs', DriverStatus: null }, []],
    [{ SwapLimit: false }, ['swap']],
    [{ SecurityOptions: null }, ['seccomp']],
    [{ SecurityOptions: ['name=seccomp', 'name=rootless'], CgroupVersion: '1' }, ['freeze']],
    [{ MemoryLimit: undefined, InitBinary: '' }, ['memory', 'init']],
  ])('of %j misses %j', (info, names) => expect(missing(info)).toEqual(names))
  test('gives advice for everything that is missing', () => {
    for (const { works, advice } of abilitiesOf({})) expect(works).toBe(advice === undefined)
  })
})
