import type { Writable } from 'node:stream'
import type { ServedCallRecord } from '../../engines/remote-functions.ts'
import type { CookietinError } from '../../errors.ts'
import type { Outgoing } from '../http/exchange.ts'

/** A call that was sent. */
export interface CallExchange {
  /** Stays pending when the function has not seen the call; see {@link isUnseen}. */
  readonly response: Promise<Response>
  /** True when the call failed and its function cannot have seen any of it. */
  readonly isUnseen: boolean
  abort(error: CookietinError): void
}

/** What serves a call: a container of this machine, or another host. */
export interface CallTarget {
  /** The container's id, as far as it is known. */
  readonly id: string | undefined
  /** True after its first call. */
  readonly hasServed: boolean
  /** What another host told of the call at its end. */
  readonly served?: ServedCallRecord | undefined
  /** Sends the container's output to these writables for the time of a call. */
  direct(stdout: Writable | undefined, stderr: Writable | undefined): void
  exchange(outgoing: Outgoing): CallExchange
}
