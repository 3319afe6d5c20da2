import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MarkerFilter } from '../../../../../src/engines/docker/launcher/marker-filter.ts'

/** A token that repeats its own beginning, which is the hardest to find. */
const token = Buffer.from('abababacababacab')

function marker(exitCode: number, micros = 1_500n, peak = 4_096n): Buffer {
  const facts = Buffer.alloc(18)
  facts[0] = 0x65
  facts[1] = exitCode
  facts.writeBigUInt64LE(micros, 2)
  facts.writeBigUInt64LE(peak, 10)
  return Buffer.concat([token, facts])
}

/** Feeds chunks, and collects what is passed on. */
function feed(chunks: readonly Uint8Array[]) {
  const filter = new MarkerFilter(token)
  const passed = chunks.map(chunk => Buffer.from(filter.push(chunk)))
  return { filter, passed: Buffer.concat(passed), all: () => Buffer.concat([...passed, filter.flush()]) }
}

/** Text of the letters of the token, so that beginnings of it are frequent. */
const text = fc.array(fc.constantFrom(...Buffer.from('abcx')), { maxLength: 80 }).map(bytes => Buffer.from(bytes))

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...chunks, bytes.subarray(at)].filter(chunk => chunk.length > 0)
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 })

describe('a marker filter', () => {
  test('takes the marker out, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(text, sizes, fc.integer({ min: 0, max: 255 }), (before, at, exitCode) => {
        fc.pre(!before.includes(token))
        const { filter, passed } = feed(cut(Buffer.concat([before, marker(exitCode)]), at))
        expect(passed).toEqual(before)
        expect(filter.end).toEqual({ exitCode, cpuMs: 1.5, memoryPeak: 4_096 })
      }),
    )
  })

  test('passes everything on when there is no marker', () => {
    fc.assert(
      fc.property(text, sizes, (bytes, at) => {
        fc.pre(!bytes.includes(token) && !endsAsMarker(bytes))
        const { filter, all } = feed(cut(bytes, at))
        expect(filter.end).toBeUndefined()
        expect(all()).toEqual(bytes)
      }),
    )
  })

  test('holds back no more than may be the beginning of the token', () => {
    const { passed } = feed([Buffer.from('line 1\n'), Buffer.from('50 %\rab')])
    expect(passed.toString()).toBe('line 1\n50 %\r')
  })

  test('drops what is certainly the beginning of a marker at the end', () => {
    expect(
      feed([Buffer.from('x'), marker(0).subarray(0, 20)])
        .all()
        .toString(),
    ).toBe('x')
  })

  test('reports no end when anything follows the marker, in the same chunk or later', () => {
    expect(feed([Buffer.concat([marker(0), Buffer.from('x')])]).filter.end).toBeUndefined()
    expect(feed([marker(0), Buffer.from('x')]).filter.end).toBeUndefined()
  })

  test('reports no memory where none was measured', () => {
    expect(feed([marker(3, 0n, 0n)]).filter.end).toEqual({ exitCode: 3, cpuMs: 0, memoryPeak: undefined })
  })
})

const endsAsMarker = (bytes: Buffer) =>
  Array.from({ length: token.length / 2 }, (_, index) => token.subarray(0, token.length / 2 + index)).some(beginning =>
    bytes.subarray(-beginning.length).equals(beginning),
  )
