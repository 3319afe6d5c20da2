import { expect, test } from 'vitest'
import { printable, printableLines } from '../../../../src/cli/output/printable.ts'

test('untrusted text has no control characters', () => {
  expect(printable('a\u001b[2Jb\n  c\u009bd')).toBe('a�[2Jb c�d')
  expect(printableLines('one\u0007\ntwo')).toBe('one�\ntwo')
})
