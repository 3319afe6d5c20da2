import { expect, test } from 'vitest'
import { parseDuration } from '../../../../src/cli/options/duration.ts'

test.each([
  ['0', 0],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['0.1ms', 1],
  ['2m', 120_000],
  ['1h30m', 5_400_000],
  ['30d', 2_592_000_000],
])('a duration of %s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each(['', 's', '5', '500', '5 s', '-1', '5w', '1s2', '1.5', 'Infinity'])('%j is not a duration', text =>
  expect(parseDuration(text)).toBeUndefined(),
)
