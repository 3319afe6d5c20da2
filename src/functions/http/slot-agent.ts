import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { connectWithRetries } from '../socket/listener.ts'

/**
 * How long the connection is kept between calls, in ms: as long as its container, unless the function closes it or says in a `Keep-Alive`
 * header how long it waits for the next request. Servers that handle one connection only end with it.
 */
const keepAlive = 2 ** 31 - 1

/** Opens the one connection of a slot. */
export class SlotAgent extends Agent {
  readonly #connectTimeout: number
  readonly #closing = new AbortController()
  #path = ''
  #hasConnected = false

  /** @param connectTimeout - How long a connect is repeated that the socket does not accept yet, in ms. */
  constructor(connectTimeout: number) {
    super({ keepAlive: true, maxSockets: 1, timeout: keepAlive } satisfies AgentOptions)
    this.#connectTimeout = connectTimeout
  }

  /** True after the socket has accepted a connection. */
  get hasConnected(): boolean {
    return this.#hasConnected
  }

  /** Connects to this socket from here on. */
  use(path: string): void {
    this.#path = path
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    connectWithRetries(this.#path, this.#connectTimeout, this.#closing.signal).then(
      socket => {
        this.#hasConnected = true
        callback?.(null, socket)
      },
      (error: Error) => callback?.(error, undefined as never),
    )
    return undefined
  }

  /** Connects that are repeated fail: the container has ended. */
  giveUp(): void {
    this.#closing.abort()
  }

  override destroy(): void {
    this.giveUp()
    super.destroy()
  }
}
