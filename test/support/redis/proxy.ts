import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A proxy before a Redis, which can stop all traffic as a network does that loses everything. */
export interface RedisProxy extends AsyncDisposable {
  readonly path: string
  freeze(isFrozen: boolean): void
}

/** Starts a proxy at a path. */
export async function startRedisProxy(path: string, redis: string): Promise<RedisProxy> {
  const sockets = new Set<Socket>()
  let isFrozen = false
  const server = createServer(client => {
    const upstream = connect(redis)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      if (isFrozen) from.pause()
      from.on('data', data => void to.write(data))
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => {})
    }
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    path,
    freeze(frozen) {
      isFrozen = frozen
      for (const socket of sockets) frozen ? socket.pause() : socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
