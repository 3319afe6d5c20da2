import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Demuxer } from '../../../../../src/engines/docker/container/demux.ts'
import { collector } from '../../../../support/engine/docker.ts'

function frame(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header[0] = type
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

/** Cuts bytes at the given places, modulo the rest. Each piece is a copy, since the demuxer may write to it. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const size = 1 + ((sizes[index % sizes.length] ?? 0) % 5000)
    pieces.push(Buffer.from(bytes.subarray(at, at + size)))
    at += size
  }
  return pieces
}

const frames = fc.array(
  fc.record({ type: fc.constantFrom(0, 1, 2), size: fc.oneof(fc.nat(3), fc.nat(3000)), fill: fc.nat(255) }),
  {
    maxLength: 60,
  },
)
const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(5000)), { minLength: 1, maxLength: 40 })

describe('demux', () => {
  test('gives the same output for any cut of the stream and any waiting sink', async () => {
    await fc.assert(
      fc.asyncProperty(frames, sizes, fc.array(fc.boolean(), { minLength: 1 }), async (given, cuts, waits) => {
        const [stdout, stderr] = [collector(), collector()]
        let writes = 0
        const waiting = (sink: typeof stdout) => ({
          write(chunk: Uint8Array) {
            sink.write(Buffer.from(chunk))
            return waits[writes++ % waits.length] ? Promise.resolve() : undefined
          },
        })
        const demuxer = new Demuxer(waiting(stdout), waiting(stderr))
        const payloads = given.map(({ type, size, fill }) => ({ type, payload: Buffer.alloc(size, fill) }))
        const stream = Buffer.concat(payloads.map(({ type, payload }) => frame(type, payload)))
        for (const piece of cut(stream, cuts)) await demuxer.push(piece)
        const of = (...types: number[]) =>
          Buffer.concat(payloads.flatMap(({ type, payload }) => (types.includes(type) ? [payload] : [])))
        expect(stdout.bytes().equals(of(0, 1))).toBe(true)
        expect(stderr.bytes().equals(of(2))).toBe(true)
        expect(demuxer.complete).toBe(true)
        expect(demuxer.written).toBe(of(0, 1, 2).length)
      }),
      { numRuns: 300 },
    )
  })

  test('handles a 64 KiB chunk of the smallest frames with one write and without a stack overflow', () => {
    const stdout = collector()
    let writes = 0
    const counting = {
      write(chunk: Uint8Array) {
        writes++
        return stdout.write(chunk)
      },
    }
    const stream = Buffer.concat(Array.from({ length: 7281 }, (_, index) => frame(1, Buffer.from([index % 256]))))
    new Demuxer(counting, counting).push(stream)
    expect(stdout.bytes()).toHaveLength(7281)
    expect(stdout.bytes().every((byte, index) => byte === index % 256)).toBe(true)
    expect(writes).toBe(1)
  })

  test('passes on a part of a frame as soon as it arrives', () => {
    const stdout = collector()
    const demuxer = new Demuxer(stdout, stdout)
    demuxer.push(frame(1, Buffer.from('hello')).subarray(0, 11))
    expect(stdout.text()).toBe('hel')
    expect(demuxer.complete).toBe(false)
  })

  test('writes nothing while a sink makes it wait', async () => {
    const written: string[] = []
    let goOn = () => {}
    const slow = {
      write(chunk: Uint8Array) {
        written.push(Buffer.from(chunk).toString())
        return new Promise<void>(resolve => {
          goOn = resolve
        })
      },
    }
    const fast = { write: (chunk: Uint8Array) => void written.push(Buffer.from(chunk).toString()) }
    const demuxer = new Demuxer(slow, fast)
    const pushed = demuxer.push(Buffer.concat([frame(1, Buffer.from('out')), frame(2, Buffer.from('err'))]))
    expect(written).toEqual(['out'])
    goOn()
    await pushed
    expect(written).toEqual(['out', 'err'])
  })

  test('writes nothing after stop', async () => {
    const written: string[] = []
    let goOn = () => {}
    const sink = {
      write(chunk: Uint8Array) {
        written.push(Buffer.from(chunk).toString())
        return new Promise<void>(resolve => {
          goOn = resolve
        })
      },
    }
    const demuxer = new Demuxer(sink, sink)
    const pushed = demuxer.push(Buffer.concat([frame(1, Buffer.from('a')), frame(2, Buffer.from('b'))]))
    demuxer.stop()
    goOn()
    await pushed
    expect(written).toEqual(['a'])
  })

  test('separates messages of the engine from the output', () => {
    const [stdout, stderr] = [collector(), collector()]
    const demuxer = new Demuxer(stdout, stderr)
    demuxer.push(
      Buffer.concat([frame(1, Buffer.from('a')), frame(3, Buffer.from('log driver died')), frame(1, Buffer.from('b'))]),
    )
    expect([stdout.text(), stderr.text(), demuxer.systemText]).toEqual(['ab', '', 'log driver died'])
  })

  test('does not pass on bytes that are not frames', () => {
    const stdout = collector()
    const demuxer = new Demuxer(stdout, stdout)
    demuxer.push(Buffer.from('plain text of a terminal'))
    expect([stdout.text(), demuxer.complete]).toEqual(['', false])
  })
})
