import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { CallSocket } from '../../../../src/functions/socket/call-socket.ts'

/** Both ends of a connection. What the other side does is not seen until the socket is read. */
async function pair(): Promise<{ socket: CallSocket; other: Socket }> {
  const server = createServer().listen('\0cookietin-test-call-socket')
  await once(server, 'listening')
  const socket = new CallSocket()
  socket.pause()
  socket.connect('\0cookietin-test-call-socket')
  const [other] = (await once(server, 'connection')) as [Socket]
  server.close()
  onTestFinished(() => {
    socket.destroy()
    other.destroy()
  })
  return { socket, other }
}

const close = async (socket: Socket) => {
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
}

const write = (socket: Socket, size: number) => new Promise(resolve => socket.write(Buffer.alloc(size), resolve))

it('knows of a request that the other side cannot have read, since it had closed before', async () => {
  const { socket, other } = await pair()
  socket.beginRequest()
  await write(socket, 100)
  expect(socket.isUnseen).toBe(false)
  await close(other)
  socket.beginRequest()
  await write(socket, 100)
  expect([socket.isUnseen, socket.destroyed]).toEqual([true, false])
  socket.beginRequest()
  expect(socket.isUnseen).toBe(false)
})

it('counts a request as seen when any of it was taken, or may have been', async () => {
  const { socket, other } = await pair()
  socket.beginRequest()
  await write(socket, 100)
  await close(other)
  await write(socket, 100)
  expect(socket.isUnseen).toBe(false)
  socket.beginRequest()
  await write(socket, 1_000_000)
  expect(socket.isUnseen).toBe(false)
})

it('gives what was sent before the other side closed', async () => {
  const { socket, other } = await pair()
  other.write('too large')
  await close(other)
  await write(socket, 1_000_000)
  const [chunk] = (await once(socket.resume(), 'data')) as [Buffer]
  expect(String(chunk)).toBe('too large')
})
