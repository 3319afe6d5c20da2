import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../../src/cluster/redis/connect.ts'

/** A server that does this with each connection. Returns its port. */
async function serve(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const connect = (options: object, timeout = 300) => connectRedis({ host: '127.0.0.1', ...options }, timeout)

it('a Redis that refuses is named, with its address', async () => {
  const error = await connect({ port: 1 }).catch((error: unknown) => error)
  expect(error).toMatchObject({
    code: 'ERR_COOKIETIN_CLUSTER_FAILED',
    retryable: true,
    cause: { code: 'ECONNREFUSED' },
  })
  expect(String(error)).toMatch(
    /Cannot connect to Redis: connect ECONNREFUSED 127\.0\.0\.1:1\. Is it running, and is the connection right\?$/,
  )
})

it('a Redis that is silent is told so', async () => {
  const port = await serve(() => {})
  await expect(connect({ port })).rejects.toThrow(
    /Cannot connect to Redis: no answer within 300 ms\. Is it running, and is the connection right\?$/,
  )
})

it('what is no Redis is told so', async () => {
  const http = (socket: Socket) => {
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  }
  await expect(connect({ port: await serve(http) })).rejects.toMatchObject({ code: 'ERR_COOKIETIN_CLUSTER_FAILED' })
})
