import type { Writable } from 'node:stream'
import { onAbort } from '../abort.ts'
import { deferred } from '../deferred.ts'
import { CookietinError } from '../errors.ts'
import { newId } from '../resolve/id.ts'
import type { TaskInput } from '../task.ts'
import type { Exchange } from './exchange.ts'
import type { Slot } from './slot.ts'
import type { CallHeaders } from './wire.ts'

/** One call to a function. */
export interface InvokeRequest {
  /** Sent as it comes, as fast as the function takes it. Default: empty. */
  readonly body?: TaskInput | undefined
  /** Sent as they are, and again as `Fn-Http-H-…`. `Content-Length` states the length of a body that is sent as it comes; else it is sent in chunks. */
  readonly headers?: CallHeaders | undefined
  /** How long the call may take from now on, the wait for a container and the response's body included, in ms. Default: the function's. */
  readonly timeout?: number | undefined
  /** Aborting it ends the call, and the container where the call was already sent. */
  readonly signal?: AbortSignal | undefined
  /** Gets what the container writes to standard output during the call. It is not ended. */
  readonly stdout?: Writable | undefined
  /** Gets what the container writes to standard error during the call. It is not ended. */
  readonly stderr?: Writable | undefined
}

/** A call from when it is made until its response has come to its end. */
export class Call {
  readonly id = newId()
  readonly request: InvokeRequest
  /** Unix time in ms. */
  readonly deadline: number
  readonly #response = deferred<Response>()
  readonly #left: (call: Call) => void
  readonly #timer: NodeJS.Timeout | undefined
  readonly #release: () => void
  #exchange: Exchange | undefined
  #over = false

  /** `left` is called when the caller has given up before the call was sent. */
  constructor(request: InvokeRequest, timeout: number, left: (call: Call) => void) {
    this.request = request
    this.#left = left
    this.deadline = Date.now() + Math.min(timeout, 2 ** 40)
    if (timeout < 2 ** 31) this.#timer = setTimeout(() => this.#giveUp(timeoutError(timeout)), timeout)
    const { signal } = request
    this.#release = onAbort(signal, () => this.#giveUp(cancelError(signal?.reason)))
  }

  get response(): Promise<Response> {
    return this.#response.promise
  }

  /** True once nothing more is to be done for it. */
  get isOver(): boolean {
    return this.#over
  }

  /** True once the function may have seen any of it: from here on it is not tried again. */
  get wasSent(): boolean {
    return this.#exchange !== undefined
  }

  /** Sends it to a slot, which must be busy with it. */
  send(slot: Slot): void {
    const { stdout, stderr, headers, body } = this.request
    slot.direct(stdout, stderr)
    this.#exchange = slot.exchange({ callId: this.id, deadline: this.deadline, headers, body })
    this.#exchange.response.then(this.#response.resolve, this.#response.reject)
  }

  /** It cannot be served, or its container has ended. */
  fail(error: CookietinError): void {
    this.#exchange?.abort(error)
    this.#response.reject(error)
    this.finish()
  }

  /** Lets go of its timer and its signal. */
  finish(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#release?.()
  }

  #giveUp(error: CookietinError): void {
    if (this.#over) return
    this.fail(error)
    if (!this.wasSent) this.#left(this)
  }
}

function timeoutError(timeout: number): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CALL_TIMEOUT', `The call was not done within its timeout of ${timeout} ms`, {
    retryable: true,
  })
}

function cancelError(reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', 'The call was cancelled', { cause: reason })
}
