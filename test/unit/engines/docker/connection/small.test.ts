import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { jsonLines } from '../../../../../src/engines/docker/connection/json-lines.ts'
import { compareVersions } from '../../../../../src/engines/docker/connection/versions.ts'
import { containerPath } from '../../../../../src/engines/docker/container/inspect.ts'
import { NetworkLeases } from '../../../../../src/engines/docker/network/networks.ts'

describe('lines of JSON', () => {
  const read = async (...chunks: Buffer[]) => await Array.fromAsync(jsonLines(Readable.from(chunks) as never))

  test('however they are cut, with or without a last newline', async () => {
    const bytes = Buffer.from('{"a":"ü€😀"}\r\n\r\n{"b":2}')
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual([{ a: 'ü€😀' }, { b: 2 }])
    }
  })

  test('what is no JSON is an error', async () => {
    await expect(read(Buffer.from('{"a":1}\n<html>'))).rejects.toThrow('not JSON: "<html>"')
  })
})

describe('networks', () => {
  test('the least used is next', () => {
    const leases = new NetworkLeases(['a', 'b'])
    const [first, second, third] = [leases.lease(), leases.lease(), leases.lease()]
    expect([first?.network, second?.network, third?.network]).toEqual(['a', 'b', 'a'])
    second?.release()
    expect(leases.lease()?.network).toBe('b')
  })

  test('a lease is given back once', () => {
    const leases = new NetworkLeases(['a'])
    const lease = leases.lease()
    lease?.release()
    lease?.release()
    expect(leases.usage).toEqual({ a: 0 })
  })

  test('no networks, no lease', () => {
    expect(new NetworkLeases([]).lease()).toBeUndefined()
  })
})

test('versions', () => {
  expect(compareVersions('20.10.24+dfsg1', '20.10.24')).toBe(0)
  expect(compareVersions('1.9', '1.41')).toBeLessThan(0)
  expect(compareVersions('v25', '24.0.9-rc.1')).toBeGreaterThan(0)
})

test('only ids and names get into a path', () => {
  expect(containerPath('a'.repeat(64), '/json')).toBe(`/containers/${'a'.repeat(64)}/json`)
  for (const bad of ['', '..', 'a/b', 'a?force=1', 'a#', '../images/x', 'ü']) expect(() => containerPath(bad)).toThrow()
})
