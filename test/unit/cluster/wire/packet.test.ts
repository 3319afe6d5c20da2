import { expect, it } from 'vitest'
import { decodeError, encodeError } from '../../../../src/cluster/wire/error.ts'
import { decodePacket, encodePacket } from '../../../../src/cluster/wire/packet.ts'
import { CookietinError } from '../../../../src/errors.ts'

it('a packet is the same on the other side, with its bytes', () => {
  const data = Buffer.from([0, 255, 10])
  const packet = { run: 'r', lane: 'output', seq: 3, message: { type: 'out', n: 1, data } } as const
  const { head, data: bytes } = encodePacket(packet)
  expect(decodePacket(head, bytes)).toMatchObject({ ...packet, message: { type: 'out', n: 1, data } })
  const ack = { run: 'r', lane: 'control', ack: 7, received: 9 } as const
  expect(decodePacket(encodePacket(ack).head, undefined)).toMatchObject(ack)
})

it.each([
  ['not JSON'],
  ['null'],
  ['{"v":2,"run":"r","lane":"output"}'],
  ['{"v":1,"run":1,"lane":"output"}'],
  ['{"v":1,"run":"r","lane":"other"}'],
])('what is not a packet of this version is not understood: %s', head => {
  expect(decodePacket(head, undefined)).toBeUndefined()
})

it('an error keeps its code, and names the host', () => {
  const error = new CookietinError('ERR_COOKIETIN_IMAGE_NOT_FOUND', 'no image', { retryable: true, leaked: ['c'] })
  const decoded = decodeError(JSON.parse(JSON.stringify(encodeError(error))), 'h1')
  expect(decoded).toMatchObject({ code: error.code, retryable: true, leaked: ['c on host h1'] })
  expect(decoded.message).toBe('no image (on host h1)')
  expect(decodeError({ code: 'ERR_OTHER' }, 'h').code).toBe('ERR_COOKIETIN_ENGINE_ERROR')
  expect(decodeError(encodeError(new Error('plain')), 'h').message).toContain('plain')
})
