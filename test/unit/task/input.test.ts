import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CookietinError } from '../../../src/errors.ts'
import { toChunks } from '../../../src/task/input.ts'
import type { TaskInput } from '../../../src/task/task.ts'

async function textOf(input: TaskInput): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of toChunks(input)) {
    expect(chunk).toBeInstanceOf(Uint8Array)
    expect(chunk.length).toBeGreaterThan(0)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A web stream whose reads never settle, and what it was told. */
function silentWebStream() {
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled = true
    },
  })
  return { stream, wasCancelled: () => cancelled }
}

describe('toChunks', () => {
  async function* generate() {
    yield 'a'
    yield ''
    yield Buffer.from('ü')
  }
  const kinds: [string, () => TaskInput][] = [
    ['a string', () => 'aü'],
    ['bytes', () => Buffer.from('aü')],
    ['an array', () => ['a', Buffer.alloc(0), new TextEncoder().encode('ü')]],
    ['a set', () => new Set(['a', 'ü'])],
    ['an async generator', generate],
    ['a Node.js stream of bytes', () => Readable.from([Buffer.from('a'), Buffer.from('ü')])],
    ['a Node.js stream of strings', () => Readable.from(['a', 'ü']).setEncoding('utf8')],
    ['a web stream', () => ReadableStream.from(['a', 'ü'])],
    ["a Blob's stream", () => new Blob(['aü']).stream()],
  ]
  it.each(kinds)('reads %s', async (_, make) => {
    expect(await textOf(make())).toBe('aü')
  })

  it('yields no chunk for an empty input', async () => {
    for (const input of ['', new Uint8Array(), [], ['', ''], Readable.from([])]) expect(await textOf(input)).toBe('')
  })

  it('keeps every byte of any division into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array(), fc.string())), async parts => {
        const chunks: Uint8Array[] = []
        for await (const chunk of toChunks(parts)) chunks.push(chunk)
        expect(Buffer.concat(chunks).equals(Buffer.concat(parts.map(part => Buffer.from(part as string))))).toBe(true)
      }),
    )
  })

  it('touches nothing before it is read', () => {
    const node = new PassThrough()
    const web = new ReadableStream()
    const iterator = toChunks(node)[Symbol.asyncIterator]()
    toChunks(web)[Symbol.asyncIterator]()
    expect([iterator !== undefined, node.eventNames().includes('readable'), web.locked]).toEqual([true, false, false])
  })

  it('reads at the pace of its reader', async () => {
    let asked = 0
    const input = {
      *[Symbol.iterator]() {
        for (;;) yield `${asked++}`
      },
    }
    const iterator = toChunks(input)[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    expect(asked).toBe(2)
    await iterator.return?.()
  })

  it('releases an iterator that is not read to its end', async () => {
    let released = 0
    const input = {
      *[Symbol.iterator]() {
        try {
          yield 'a'
          yield 'b'
        } finally {
          released++
        }
      },
    }
    for await (const _ of toChunks(input)) break
    expect(released).toBe(1)
  })

  it('destroys a Node.js stream that it is waiting for', async () => {
    const stream = new PassThrough()
    const closed = once(stream, 'close')
    const iterator = toChunks(stream)[Symbol.asyncIterator]()
    const pending = iterator.next()
    pending.catch(() => {})
    await iterator.return?.()
    await closed
    expect(stream.destroyed).toBe(true)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('cancels a web stream that it is waiting for', async () => {
    const { stream, wasCancelled } = silentWebStream()
    const iterator = toChunks(stream)[Symbol.asyncIterator]()
    const pending = iterator.next()
    await iterator.return?.()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(wasCancelled()).toBe(true)
  })

  it('releases a source that nothing was read from', async () => {
    const node = new PassThrough()
    const { stream, wasCancelled } = silentWebStream()
    for (const input of [node, stream]) await toChunks(input)[Symbol.asyncIterator]().return?.()
    expect([node.destroyed, wasCancelled()]).toEqual([true, true])
  })

  it('reports the error of the source', async () => {
    const cause = new Error('no disk')
    const broken: TaskInput[] = [
      new Readable({ read: () => {} }).destroy(cause).on('error', () => {}),
      new ReadableStream({ start: controller => controller.error(cause) }),
      (async function* (): AsyncGenerator<string> {
        yield 'a'
        throw cause
      })(),
    ]
    for (const input of broken) {
      const error = await textOf(input).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(CookietinError)
      expect(error).toMatchObject({
        code: 'ERR_COOKIETIN_INPUT_FAILED',
        cause,
        message: expect.stringContaining('no disk'),
      })
    }
  })

  it('refuses chunks that are neither strings nor bytes, and releases their source', async () => {
    const stream = Readable.from([7])
    await expect(textOf(stream)).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_INPUT_FAILED',
      message: expect.stringContaining('number'),
    })
    expect(stream.destroyed).toBe(true)
  })

  it('refuses a web stream that somebody else reads', async () => {
    const stream = new ReadableStream()
    stream.getReader()
    await expect(textOf(stream)).rejects.toMatchObject({ code: 'ERR_COOKIETIN_INPUT_FAILED' })
  })
})
