import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Output } from '../../../src/cookie/output.ts'

const bytes = (value: string) => Buffer.from(value)

/** A writable that takes a chunk only when the test lets it. */
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

describe('what is kept', () => {
  it('is every byte up to the limit, and says when there were more', () => {
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

  it('is not the chunk itself, which an engine may use again', () => {
    const output = new Output({ limit: 5, target: undefined })
    const chunk = bytes('abc')
    output.write(chunk)
    chunk.fill(0)
    expect(output.text).toBe('abc')
  })

  it('is nothing with a limit of 0', () => {
    const output = new Output({ limit: 0, target: undefined })
    output.write(bytes('a'))
    expect([output.text, output.truncated]).toEqual(['', true])
  })
})

describe('a slow writable', () => {
  it('holds the container up until it has drained', async () => {
    const { target, open } = gate()
    const output = new Output({ limit: 100, target })
    const first = output.write(bytes('a'))
    expect(await settled(first)).toBe(false)
    open()
    await first
  })

  it('cannot hold it up after a release, gets no more, and the result goes on', async () => {
    const { target, passed } = gate()
    const output = new Output({ limit: 100, target })
    const first = output.write(bytes('a'))
    output.release()
    await first
    expect(output.write(bytes('b'))).toBeUndefined()
    expect([passed, output.text, output.truncated]).toEqual([['a'], 'ab', true])
  })

  it('that breaks is left alone: its error is kept, and the result is whole', async () => {
    const target = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const output = new Output({ limit: 100, target })
    output.write(bytes('a'))
    await new Promise(resolve => target.once('close', resolve))
    output.write(bytes('b'))
    output.end(false)
    expect([output.text, output.truncated, output.targetError?.message]).toEqual(['ab', false, 'EPIPE'])
  })

  it('keeps no listener of ours after the end, nor is it ended', async () => {
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
  it('begins at the beginning, even when asked for late', async () => {
    const output = new Output({ limit: 100, target: undefined })
    output.write(bytes('a'))
    const { readable } = output
    output.write(bytes('b'))
    output.end(false)
    expect(await text(readable)).toBe('ab')
  })

  it('holds the container up while nobody reads, and lets go when it is destroyed', async () => {
    const output = new Output({ limit: 10, target: undefined })
    const { readable } = output
    const write = output.write(Buffer.alloc(readable.readableHighWaterMark))
    expect(await settled(write)).toBe(false)
    readable.destroy()
    await write
    expect(output.write(bytes('b'))).toBeUndefined()
  })

  it('of an output that has ended without a word ends at once', async () => {
    const output = new Output({ limit: 1, target: undefined })
    output.end(false)
    expect(await text(output.readable)).toBe('')
  })

  it('ends when the output does, after what was written', async () => {
    const output = new Output({ limit: 10, target: undefined })
    const all = text(output.readable)
    await output.write(bytes('a'))
    output.end(false)
    output.end(true)
    expect([await all, output.truncated]).toEqual(['a', false])
  })
})

it('keeps a large output in pieces, whole, with characters that lie across two of them', () => {
  const output = new Output({ limit: Number.POSITIVE_INFINITY, target: undefined })
  const text = '€'.repeat(1_000_000)
  const whole = bytes(text)
  for (let at = 0; at < whole.length; at += 10_007) output.write(whole.subarray(at, at + 10_007))
  expect([output.text === text, output.bytes.length, output.truncated]).toEqual([true, whole.length, false])
})
