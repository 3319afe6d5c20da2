import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A forwarded port, as of a tunnel, whose connections can be cut. */
export interface Forward {
  readonly port: number
  /** Where connections lead from now on. */
  to(port: number): void
  /** Ends all connections, and takes no more until it is restored. */
  cut(): Promise<void>
  restore(): Promise<void>
}

/** Listens on a free port of this machine. */
export async function forward(): Promise<Forward> {
  let target = 0
  const open = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    to(port) {
      target = port
    },
    async cut() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
    async restore() {
      if (server.listening) return
      const listening = once(server, 'listening')
      server.listen(port, '127.0.0.1')
      await listening
    },
  }
}
