import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { reachableForEngine } from '../engine/private-reach.ts'

/** A syslog server on this machine's loopback. */
export interface SyslogServer extends AsyncDisposable {
  /** The address for a task's `loggerConfig`. */
  readonly url: string
  /** All received text. */
  readonly received: string
  /** Resolves when the received text contains this text. */
  holds(text: string): Promise<void>
}

/** Starts a syslog server over TCP. */
export async function startSyslog(): Promise<SyslogServer> {
  const sockets = new Set<Socket>()
  let received = ''
  let onText = () => {}
  const server = createServer(socket => {
    sockets.add(socket)
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text
      onText()
    })
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reach = await reachableForEngine(port)
  return {
    url: `tcp://127.0.0.1:${port}`,
    get received() {
      return received
    },
    async holds(text) {
      while (!received.includes(text)) {
        await new Promise<void>(resolve => {
          onText = resolve
        })
      }
    },
    async [Symbol.asyncDispose]() {
      await reach[Symbol.asyncDispose]()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
