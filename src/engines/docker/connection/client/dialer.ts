import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Tls } from './agent.ts'

/** An engine at a host and a port. */
export interface HostAddress {
  readonly host: string
  readonly port: number
  readonly pathPrefix?: string
  readonly tls?: Tls | undefined
}

/** One request to the engine. */
export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly file?: Readable | undefined
}

/** How a request is sent. */
export interface DialOptions {
  readonly version: string | undefined
  readonly signal: AbortSignal | undefined
  /** The connection is to be upgraded to a raw one. */
  readonly isHijack: boolean
}

/** Sends a request. Calls back once: with an error, with the response once its headers arrive, or with the raw connection. */
export type Dialer = (request: EngineRequest, options: DialOptions, done: Reply) => void

/** The end of a {@link Dialer}. */
export type Reply = (error: Error | null, reply: IncomingMessage | Duplex) => void
