import { CookietinError, toCookietinError } from '../errors.ts'
import { newId } from '../task/id.ts'
import { guardInput } from '../task/input.ts'
import { onAbort } from '../utils/abort.ts'
import { deferred } from '../utils/deferred.ts'
import type { Exchange } from './http/exchange.ts'
import type { ResolvedRequest } from './http/request.ts'
import { releaseBody } from './http/request-body.ts'
import type { Slot } from './slot/slot.ts'

/** A call from when it is made until its response has come to its end. */
export class Call {
  readonly id = newId()
  readonly request: ResolvedRequest
  /** Unix time in ms. */
  readonly deadline: number
  readonly #response = deferred<Response>()
  readonly #left: (call: Call) => void
  readonly #timer: NodeJS.Timeout | undefined
  readonly #release: () => void
  #exchange: Exchange | undefined
  #over = false

  /** `left` is called when the caller has given up before the call was sent. */
  constructor(request: ResolvedRequest, left: (call: Call) => void) {
    const { timeout, signal } = request
    this.request = request
    this.#left = left
    this.deadline = Date.now() + Math.min(timeout, 2 ** 40)
    if (timeout < 2 ** 31) this.#timer = setTimeout(() => this.#giveUp(timeoutError(timeout)), timeout)
    this.#release = onAbort(signal, () => this.#giveUp(cancelError(signal?.reason)))
    guardInput(request.body, error => {
      // Once it is sent, whoever reads the body hears of it.
      if (!this.wasSent) this.#giveUp(inputError(error))
    })
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

  /** Sends it to a slot, which must be busy with it. False where nothing of it was sent, since it is over or is now. */
  send(slot: Slot): boolean {
    if (this.#over) return false
    const { stdout, stderr, headers, body } = this.request
    try {
      slot.direct(stdout, stderr)
      this.#exchange = slot.exchange({ callId: this.id, deadline: this.deadline, headers, body })
    } catch (error) {
      this.fail(toCookietinError(error, 'ERR_COOKIETIN_INVALID_TASK', 'Cannot send the call'))
      return false
    }
    this.#exchange.response.then(this.#response.resolve, this.#response.reject)
    return true
  }

  /** It cannot be served, or its container has ended. */
  fail(error: CookietinError): void {
    if (this.#exchange !== undefined) this.#exchange.abort(error)
    else if (!this.#over) releaseBody(this.request.body)
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

function inputError(error: unknown): CookietinError {
  return toCookietinError(error, 'ERR_COOKIETIN_INPUT_FAILED', 'Could not send the body of the call')
}

function cancelError(reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', 'The call was cancelled', { cause: reason })
}
