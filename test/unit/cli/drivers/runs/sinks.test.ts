import { expect, test } from 'vitest'
import { lossy, withoutMarker, withTimes } from '../../../../../src/cli/drivers/runs/sinks.ts'
import { deferred } from '../../../../../src/utils/deferred.ts'

function recorder() {
  const chunks: Buffer[] = []
  const write = (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk))
  return {
    sink: { write: (chunk: Uint8Array) => write(chunk) as undefined },
    text: () => Buffer.concat(chunks).toString('latin1'),
  }
}

/** As `native/launch.c` writes it: token, `e`, exit code, CPU time, peak of the memory. */
function marker(code: number): Buffer {
  const bytes = Buffer.alloc(34, 0xab)
  bytes[16] = 0x65
  bytes[17] = code
  bytes.writeBigUInt64LE(1_234n, 18)
  bytes.writeBigUInt64LE(4_083_712n, 26)
  return bytes
}

test.each([0, 1, 255])('the marker of a launcher is left out, and nothing else, at exit code %i', code => {
  const { sink, text } = recorder()
  const filter = withoutMarker(sink)
  filter.write(Buffer.from('one\n'))
  filter.write(Buffer.concat([Buffer.from('two\n'), marker(code)]))
  expect(text()).toBe('one\ntwo\n')
})

test('what only looks like a marker is passed on when more comes', () => {
  const { sink, text } = recorder()
  const filter = withoutMarker(sink)
  filter.write(marker(0))
  filter.write(Buffer.from('more'))
  expect(text()).toBe(`${marker(0).toString('latin1')}more`)
})

test('the time stands before each line, and not inside one that comes in pieces', () => {
  const { sink, text } = recorder()
  const times = withTimes(sink, () => 0)
  for (const piece of ['a\nb', 'c\n', '\n', 'd']) times.write(Buffer.from(piece))
  const time = '1970-01-01T00:00:00.000Z '
  expect(text()).toBe(`${time}a\n${time}bc\n${time}\n${time}d`)
})

test('what a slow reader has no room for is dropped and told, and the writer never waits', async () => {
  const drained = deferred<void>()
  const losses: number[] = []
  let waiting = 0
  const outlet = {
    get waiting() {
      return waiting
    },
    write(bytes: Uint8Array) {
      waiting += bytes.length
      return drained.promise
    },
  }
  const sink = lossy(outlet, 10, bytes => losses.push(bytes))
  for (let chunk = 0; chunk < 4; chunk++) expect(sink.write(Buffer.alloc(4))).toBeUndefined()
  expect([waiting, losses]).toEqual([8, []])
  drained.resolve()
  await drained.promise
  await Promise.resolve()
  expect(losses).toEqual([8])
  sink.tell()
  expect(losses).toEqual([8])
})
