import { expect, it } from 'vitest'
import { lastLine, maskedOutput } from '../../../../src/inspector/tracking/masked-output.ts'

const secrets = ['hunter22-of-the-north']
const masked = (text: string, isCut = false) => maskedOutput(text, secrets, isCut)

it('masks a secret, also one that has colours inside it', () => {
  expect(masked('the key hunter22-of-the-north fits')).toBe('the key ••• fits')
  expect(masked('the \x1b[31mkey\x1b[0m hunter\x1b[1m22\x1b[0m-of-the-north fits')).toBe('the key ••• fits')
  expect(masked('hunter\x0022-of\x1b[K-the-north')).toBe('•••')
})

it('masks what a cut leaves of a secret at either end', () => {
  expect(masked('of-the-north fits', true)).toBe('••• fits')
  expect(masked('of-the-north fits', false)).toBe('of-the-north fits')
  expect(masked('the key hunter22-of')).toBe('the key •••')
  expect(masked('22-of-the-north', true)).toBe('•••')
  // Three characters are a part of ordinary words.
  expect(masked('rth hun', true)).toBe('rth hun')
})

it('keeps lines, tabs and colours, and removes every other control', () => {
  const harmful = 'a\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil\x1b\\b\x1b(B\x1bc\x00\x08\u202etxt\u2066\x9b31m'
  expect(masked(harmful)).toBe('abtxt31m')
  expect(masked('\x1b[31mred\x1b[38;5;9mtoo\x1b[0m\tx\r\n10 %\r20 %\r')).toBe(
    '\x1b[31mred\x1b[38;5;9mtoo\x1b[0m\tx\n10 %\n20 %\n',
  )
  // A sequence that was cut at the end, and one that has no end.
  expect(masked('x\x1b[3')).toBe('x3')
  expect(masked('x\x1b]0;title')).toBe('x')
})

it('finds the last line that is not empty', () => {
  expect(lastLine('one\n\x1b[31m two \x1b[0m\n\n')).toBe('two')
  expect(lastLine('\n \n')).toBeUndefined()
})
