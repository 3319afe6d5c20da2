import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { signalName, signalNumber } from '../../../src/utils/unix-signals.ts'

it('knows every signal of Linux by name, in any spelling, and by number', () => {
  for (const [name, number] of Object.entries(constants.signals).filter(([name]) => name !== 'SIGUNUSED')) {
    for (const spelling of [name, name.toLowerCase(), name.slice(3), number, String(number)]) {
      expect([spelling, signalNumber(spelling)]).toEqual([spelling, number])
      expect(signalNumber(signalName(spelling) ?? '')).toBe(number)
    }
  }
})

it('counts the real-time signals from both ends', () => {
  expect(['SIGRTMIN', 'rtmin+3', 'RTMAX', 'SIGRTMAX-14', 64].map(signalNumber)).toEqual([34, 37, 64, 50, 64])
  expect([34, 37, 49, 50, 64].map(signalName)).toEqual([
    ...['SIGRTMIN', 'SIGRTMIN+3', 'SIGRTMIN+15', 'SIGRTMAX-14', 'SIGRTMAX'],
  ])
})

it.each([
  '',
  '0',
  'SIG',
  'SIGNOPE',
  'RTMIN-1',
  'RTMIN+31',
  'RTMAX+1',
  '32',
  '65',
  0,
  -1,
  1.5,
  Number.NaN,
  33,
  'constructor',
])('refuses %j', signal => expect(signalName(signal)).toBeUndefined())
