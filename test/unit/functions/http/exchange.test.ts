import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { deferred } from '../../../../src/utils/deferred.ts'
import { setup } from '../setup.ts'

const head = 'HTTP/1.1 200 OK\r\n'

/** Answers each connection's first bytes; a probe that says nothing is not answered. */
const saying = (text: string, then: (socket: Socket) => void = () => {}) => ({
  connected: (socket: Socket) => void socket.once('data', () => socket.write(text, () => then(socket))),
})

describe('a body that stalls', () => {
  it('is released when its call ends', async () => {
    const heard = deferred<void>()
    const hear = (data: Buffer) => data.includes('flour') && heard.resolve()
    const fn = setup().make({ connected: socket => void socket.on('data', hear) })
    const controller = new AbortController()
    const cancel = vi.fn()
    // Its first chunk is sent, the next one never comes.
    const body = new ReadableStream<string>({ start: stream => stream.enqueue('flour'), cancel })
    const call = fn.invoke({ body, signal: controller.signal })
    await heard.promise
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CANCELLED' })
    expect(cancel).toHaveBeenCalledOnce()
  })
})

describe('the message of a function that failed', () => {
  it.each([502, 504])('is bounded as an answer is (%i)', async status => {
    const { make } = setup()
    const flood = (socket: Socket) => {
      while (socket.write(`4000\r\n${'a'.repeat(0x4000)}\r\n`));
      socket.once('drain', () => flood(socket))
    }
    const fn = make(saying(`HTTP/1.1 ${status} Oops\r\nTransfer-Encoding: chunked\r\n\r\n`, flood), {
      maxResponseBody: '1m',
    })
    await expect(fn.invoke()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_TOO_LARGE' })
  })

  it('is in the error, the beginning of it', async () => {
    const text = `ä${'ö'.repeat(9_000)}`
    const fn = setup().make({
      answer: (_request, response) => {
        response.statusCode = 502
        // In the middle of a letter.
        response.write(Buffer.from(text).subarray(0, 1))
        setImmediate(() => response.end(Buffer.from(text).subarray(1)))
      },
    })
    await expect(fn.invoke()).rejects.toMatchObject({
      code: 'ERR_COOKIETIN_FUNCTION_FAILED',
      message: `The function failed: ${text.slice(0, 1_000)}`,
    })
  })
})

describe('a container that ends while its answer is read', () => {
  const size = 1_000_000

  it('has answered, where all of it was sent', async () => {
    const { make, containers } = setup()
    const fn = make({ answer: (_request, response) => void response.end('a'.repeat(size)) }, { maxContainers: 1 })
    const response = await fn.invoke()
    await containers[0]?.exit()
    expect((await response.text()).length).toBe(size)
    // Nothing is sent to it any more.
    expect((await (await fn.invoke()).text()).length).toBe(size)
    expect(containers.length).toBe(2)
  })

  it('has cut its answer, where not', async () => {
    const { make, containers } = setup()
    const fn = make(saying(`${head}Content-Length: ${size}\r\n\r\n${'a'.repeat(size - 1)}`))
    const response = await fn.invoke()
    await containers[0]?.exit()
    containers[0]?.end()
    await expect(response.text()).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_TRUNCATED' })
  })

  it('has not answered, where it had not begun', async () => {
    const { make, containers } = setup()
    const end = async () => {
      await containers[0]?.exit()
      containers[0]?.end()
    }
    const fn = make({ connected: socket => void socket.once('data', end) })
    const call = fn.invoke()
    await expect(call).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_FAILED' })
  })
})

it('more than 16 KiB said of a chunk is too much of a header', async () => {
  const fn = setup().make(
    saying(`${head}Transfer-Encoding: chunked\r\n\r\n5;${'a=b;'.repeat(10_000)}\r\nhello\r\n0\r\n\r\n`),
  )
  const text = fn.invoke().then(response => response.text())
  await expect(text).rejects.toMatchObject({ code: 'ERR_COOKIETIN_RESPONSE_HEADERS_TOO_LARGE' })
})
