import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { jsonLines } from '../../../../../src/engines/docker/connection/json-lines.ts'

describe('jsonLines', () => {
  const read = async (...chunks: Buffer[]) => await Array.fromAsync(jsonLines(Readable.from(chunks) as never))

  test('chunks may be cut anywhere, and the last newline may be missing', async () => {
    const bytes = Buffer.from('{"a":"ü€😀"}\r\n\r\n{"b":2}')
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual([{ a: 'ü€😀' }, { b: 2 }])
    }
  })

  test('a line that is not JSON is an error', async () => {
    await expect(read(Buffer.from('{"a":1}\n<html>'))).rejects.toThrow('not JSON: "<html>"')
  })
})
