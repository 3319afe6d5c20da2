import { expect, test } from 'vitest'
import { printable, printableJson, printableLines } from '../../../../src/cli/output/printable.ts'

test('untrusted text has no control characters', () => {
  expect(printable('a\u001b[2Jb\n  c\u009bd')).toBe('a�[2Jb c�d')
  expect(printableLines('one\u0007\ntwo')).toBe('one�\ntwo')
})

test('untrusted text cannot change its direction', () => {
  const marks = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c'
  expect(printable(`a${marks}b`)).toBe(`a${'�'.repeat(marks.length)}b`)
  expect(printable('שלום — 🍪 ‍')).toBe('שלום — 🍪 ‍')
})

test('JSON has the characters that a terminal would interpret escaped', () => {
  const text = 'a\u001b\u009b\u007f\u202e"b\n'
  expect(printableJson({ text })).toBe('{"text":"a\\u001b\\u009b\\u007f\\u202e\\"b\\n"}')
  expect(JSON.parse(printableJson({ text }))).toEqual({ text })
})
