import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { onAbort } from '../../../../utils/abort.ts'
import { createAgent } from './agent.ts'
import type { EngineRequest, HostAddress, Reply } from './dialer.ts'
import { socketDialer } from './socket-dialer.ts'

/** The address of an engine. */
export type Address =
  /** `isRemote`: the socket leads to another machine. */
  { readonly socketPath: string; readonly isRemote?: boolean } | HostAddress

/** The connection to one engine. */
export interface Client {
  /** The API version before every path, such as `'1.41'`. Undefined until it is negotiated. */
  version: string | undefined
  /** Resolves with the response once its headers arrive, with any status. */
  dial(request: EngineRequest, signal?: AbortSignal): Promise<IncomingMessage>
  /** Resolves with the raw connection, or with the response of an engine that refuses the upgrade. */
  hijack(request: EngineRequest, signal?: AbortSignal): Promise<Duplex | IncomingMessage>
  /** Closes every connection. */
  destroy(): void
}

/**
 * Makes a client without a connection. A local socket needs no more than `node:http`. Every other engine is dialled by dockerode's modem,
 * which is loaded for the first of them: that takes 100 ms.
 */
export async function createClient(address: Address): Promise<Client> {
  const remote = 'host' in address ? address : undefined
  const agent = await createAgent(
    remote !== undefined || ('isRemote' in address && address.isRemote === true),
    remote?.tls,
  )
  const dialer =
    'host' in address
      ? (await import('./modem-dialer.ts')).modemDialer(address, agent)
      : socketDialer(address.socketPath, agent)

  let version: string | undefined
  let closed = false
  const send = (request: EngineRequest, signal: AbortSignal | undefined, isHijack: boolean) =>
    new Promise<IncomingMessage | Duplex>((resolve, reject) => {
      if (closed) return reject(new Error('the connection to the engine is closed'))
      let isAborted = false
      const release = onAbort(signal, () => {
        isAborted = true
        reject(signal?.reason)
      })
      const done: Reply = (error, reply) => {
        release()
        if (error) return reject(error)
        // An error may be emitted at any time from now on, also before the caller listens.
        reply.on('error', ignore)
        if (isAborted) reply.destroy()
        resolve(reply)
      }
      try {
        dialer(request, { version, signal, isHijack }, done)
      } catch (error) {
        release()
        reject(error)
      }
    })

  return {
    get version() {
      return version
    },
    set version(value) {
      version = value
    },
    dial: (request, signal) => send(request, signal, false) as Promise<IncomingMessage>,
    hijack: (request, signal) => send(request, signal, true),
    destroy() {
      closed = true
      agent.destroy()
    },
  }
}

function ignore() {}
