import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Output } from '../../../src/cookie/output.ts'

const bytes = (value: string) => Buffer.from(value)

/** A writable that finishes a chunk only when the test says so. */
function gate() {
  const passed: string[] = []
  const waiting: (() => void)[] = []
  const target = new Writable({
    highWaterMark: 1,
    write: (chunk, _encoding, done) => {
      passed.push(String(chunk))
      waiting.push(done)
    },
  })
  return { target, passed, open: () => waiting.shift()?.() }
}

const settled = async (promise: Promise<void> | undefined) =>
  promise === undefined || (await Promise.race([promise.then(() => true), new Promise(r => setImmediate(r, false))]))

describe('the kept output', () => {
  it('is every byte up to the limit, and is marked as truncated beyond it', () => {
    const output = new Output({ limit: 5, target: undefined })
    output.write(bytes('abc'))
    expect([output.text, output.truncated]).toEqual(['abc', false])
    output.write(bytes('de'))
    expect([output.text, output.truncated]).toEqual(['abcde', false])
    output.write(bytes('f'))
    expect([output.text, output.truncated]).toEqual(['abcde', true])
  })

  it('leaves out a character that the limit cut in two', () => {
    const output = new Output({ limit: 4, target: undefined })
    output.write(bytes('abé€'))
    expect([output.text, output.bytes.length]).toEqual(['abé', 4])
    const cut = new Output({ limit: 3, target: undefined })
    cut.write(bytes('abé'))
    expect(cut.text).toBe('ab')
  })

  it('is a copy of the chunks, which an engine may reuse', () => {
    const output = new Output({ limit: 5, target: undefined })
    const chunk = bytes('abc')
    output.write(chunk)
    chunk.fill(0)
    expect(output.text).toBe('abc')
  })

  it('is empty with a limit of 0', () => {
    const output = new Output({ limit: 0, target: undefined })
    output.write(bytes('a'))
    expect([output.text, output.truncated]).toEqual(['', true])
  })
})

describe('a slow writable', () => {
  it('blocks the container until it has drained', async () => {
    const { target, open } = gate()
    const output = new Output({ limit: 100, target })
    const first = output.write(bytes('a'))
    expect(await settled(first)).toBe(false)
    open()
    await first
  })

  it('does not block after a release and gets nothing further, while the result does', async () => {
    const { target, passed } = gate()
    const output = new Output({ limit: 100, target })
    const first = output.write(bytes('a'))
    output.release()
    await first
    expect(output.write(bytes('b'))).toBeUndefined()
    expect([passed, output.text, output.truncated]).toEqual([['a'], 'ab', true])
  })

  it('that fails gets nothing further; its error is kept, and the result is complete', async () => {
    const target = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const output = new Output({ limit: 100, target })
    output.write(bytes('a'))
    await new Promise(resolve => target.once('close', resolve))
    output.write(bytes('b'))
    output.end(false)
    expect([output.text, output.truncated, output.targetError?.message]).toEqual(['ab', false, 'EPIPE'])
  })

  it('has no listeners of ours after the end, and stays open', async () => {
    const target = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) })
    const output = new Output({ limit: 100, target })
    const before = target.eventNames().length
    output.write(bytes('a'))
    output.end(false)
    await new Promise(resolve => target.write('', resolve))
    expect([before > 0, target.eventNames(), target.writable]).toEqual([true, [], true])
  })
})

describe('the readable', () => {
  it('begins at the beginning, even when accessed late', async () => {
    const output = new Output({ limit: 100, target: undefined })
    output.write(bytes('a'))
    const { readable } = output
    output.write(bytes('b'))
    output.end(false)
    expect(await text(readable)).toBe('ab')
  })

  it('blocks the container while it is not read, until it is destroyed', async () => {
    const output = new Output({ limit: 10, target: undefined })
    const { readable } = output
    const write = output.write(Buffer.alloc(readable.readableHighWaterMark))
    expect(await settled(write)).toBe(false)
    readable.destroy()
    await write
    expect(output.write(bytes('b'))).toBeUndefined()
  })

  it('of an empty output that has ended ends at once', async () => {
    const output = new Output({ limit: 1, target: undefined })
    output.end(false)
    expect(await text(output.readable)).toBe('')
  })

  it('ends with the output, after the written bytes', async () => {
    const output = new Output({ limit: 10, target: undefined })
    const all = text(output.readable)
    await output.write(bytes('a'))
    output.end(false)
    output.end(true)
    expect([await all, output.truncated]).toEqual(['a', false])
  })
})

it('keeps a large output complete, also characters that lie across two slabs', () => {
  const output = new Output({ limit: Number.POSITIVE_INFINITY, target: undefined })
  const text = '€'.repeat(1_000_000)
  const whole = bytes(text)
  for (let at = 0; at < whole.length; at += 10_007) output.write(whole.subarray(at, at + 10_007))
  expect([output.text === text, output.bytes.length, output.truncated]).toEqual([true, whole.length, false])
})
