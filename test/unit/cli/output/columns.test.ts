import { expect, test } from 'vitest'
import { columns, shorten } from '../../../../src/cli/output/columns.ts'

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
