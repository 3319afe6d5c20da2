import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { connectWithRetries, type Listener } from '../socket/listener.ts'

/**
 * How long a connection that has served a call is kept for the next one, in ms. A function may close it at any time, and a call that is
 * sent at that moment is lost.
 */
const keepAlive = 1_000

/** Opens the one connection of a slot. The first is the one that the listener holds, if there is one. */
export class SlotAgent extends Agent {
  readonly #connectTimeout: number
  readonly #closing = new AbortController()
  #listener: Listener | undefined

  /** @param connectTimeout - How long a connect is repeated that the socket does not accept yet, in ms. */
  constructor(connectTimeout: number) {
    super({ keepAlive: true, maxSockets: 1, timeout: keepAlive } satisfies AgentOptions)
    this.#connectTimeout = connectTimeout
  }

  /** Connects to this socket from here on. */
  use(listener: Listener): void {
    this.#listener = listener
  }

  override createConnection(
    _options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const first = this.#listener?.takeFirst()
    if (first !== undefined) return first
    connectWithRetries(this.#listener?.path ?? '', this.#connectTimeout, this.#closing.signal).then(
      socket => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    )
    return undefined
  }

  override destroy(): void {
    this.#closing.abort()
    super.destroy()
  }
}
