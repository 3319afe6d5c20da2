import type { buildConnector, Client, Dispatcher } from 'undici'
import type { CallSocket } from '../socket/call-socket.ts'
import { connectWithRetries } from '../socket/listener.ts'

/**
 * How long the connection is kept between calls, in ms: as long as its container, unless the function closes it or says in a `Keep-Alive`
 * header how long it waits for the next request. Servers that handle one connection only end with it.
 */
const keepAlive = 2 ** 31 - 1

/** How much sooner than a function says in a `Keep-Alive` header the connection is closed, in ms. */
const keepAliveMargin = 1_000

/** The options of {@link SlotClient}. */
export interface SlotClientOptions {
  /** How long a connect is repeated that the socket does not accept yet, in ms. */
  readonly connectTimeout: number
  /** Bytes. */
  readonly maxHeaderSize: number
}

/** The one connection of a slot: undici's client, which takes half of the time of `node:http`. */
export class SlotClient {
  readonly #options: SlotClientOptions
  readonly #closing = new AbortController()
  #client: Client | undefined
  #socket: CallSocket | undefined
  #hasConnected = false

  constructor(options: SlotClientOptions) {
    this.#options = options
  }

  /** True after the socket has accepted a connection. */
  get hasConnected(): boolean {
    return this.#hasConnected
  }

  /** The last connection. */
  get socket(): CallSocket | undefined {
    return this.#socket
  }

  /** Connects to this socket from here on, with the first request. */
  async use(path: string): Promise<void> {
    const { connectTimeout, maxHeaderSize } = this.#options
    // Loaded for the first function, while its container starts.
    const { Client } = await import('undici')
    this.#client = new Client('http://localhost', {
      pipelining: 1,
      maxHeaderSize,
      keepAliveTimeout: keepAlive,
      keepAliveMaxTimeout: keepAlive,
      keepAliveTimeoutThreshold: keepAliveMargin,
      // The call has a timeout of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options: object, callback: buildConnector.Callback) => {
        connectWithRetries(path, connectTimeout, this.#closing.signal).then(
          socket => {
            this.#hasConnected = true
            this.#socket = socket
            callback(null, socket)
          },
          (error: Error) => callback(error, null),
        )
      },
    })
  }

  /** Sends a request. The connection serves one at a time. */
  send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#socket?.beginRequest()
    this.#client?.dispatch(options, handler)
  }

  /** Connects that are repeated fail: the container has ended. */
  giveUp(): void {
    this.#closing.abort()
  }

  /** Closes the connection. */
  destroy(): void {
    this.giveUp()
    this.#client?.destroy().catch(() => {})
  }
}
