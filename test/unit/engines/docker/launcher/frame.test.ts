import { expect, test } from 'vitest'
import { frameOf, newToken } from '../../../../../src/engines/docker/launcher/frame.ts'

const command = {
  argv: ['sh', '-c', 'echo ä'],
  env: ['A=1'],
  workDir: undefined,
  hasInput: false,
  hasMemoryLimit: false,
} as const

test('a frame is a magic, a size, the token, flags, two counts, and texts', () => {
  const token = newToken()
  const frame = frameOf({ ...command, workDir: '/w', hasInput: true, hasMemoryLimit: true }, token)
  const texts = '/w\0sh\0-c\0echo ä\0A=1\0'
  expect(frame.subarray(0, 4).toString()).toBe('CKT1')
  expect(frame.readUInt32LE(4)).toBe(frame.length - 8)
  expect(frame.subarray(8, 24)).toEqual(token)
  expect([frame.readUInt32LE(24), frame.readUInt32LE(28), frame.readUInt32LE(32)]).toEqual([3, 3, 1])
  expect(frame.subarray(36).toString()).toBe(texts)
})

test('a frame without a working directory, input and limit has an empty text and no flag', () => {
  const frame = frameOf(command, newToken())
  expect([frame.readUInt32LE(24), frame[36]]).toEqual([0, 0])
})

test('no two tokens are the same', () => {
  expect(new Set(Array.from({ length: 100 }, () => newToken().toString('hex'))).size).toBe(100)
  expect(newToken()).toHaveLength(16)
})
