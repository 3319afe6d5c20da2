import type { Subject } from 'rxjs'
import { CookietinError, type ErrorCode, toCookietinError } from '../../errors.ts'
import { newId } from '../../task/id.ts'
import { guardInput } from '../../task/input.ts'
import { onAbort } from '../../utils/abort.ts'
import { deferred } from '../../utils/deferred.ts'
import type { ResolvedRequest } from '../http/request.ts'
import { releaseBody } from '../http/request-body.ts'
import type { CallObserver, CallRecord } from './record.ts'
import type { CallExchange, CallTarget } from './target.ts'

/** What follows a call. */
export interface CallListener {
  /** Called when the caller gives up before the call was sent. */
  readonly onLeft: (call: Call) => void
  /** Called once, when nothing more will be done for the call. */
  readonly onOver: (call: Call) => void
}

/** One call of a function, from its start to the end of its response. */
export class Call {
  readonly id: string
  readonly request: ResolvedRequest
  readonly observer: CallObserver | undefined
  /** Unix time in ms. */
  readonly deadline: number
  readonly #response = deferred<Response>()
  readonly #onLeft: (call: Call) => void
  readonly #onOver: (call: Call) => void
  readonly #timer: NodeJS.Timeout | undefined
  readonly #release: () => void
  #target: CallTarget | undefined
  #exchange: CallExchange | undefined
  readonly #startedAt = Date.now()
  readonly #since = performance.now()
  #sentAt: number | undefined
  #endedAt: number | undefined
  #isCold = false
  #status: number | undefined
  #error: ErrorCode | undefined
  #isOver = false
  /** Why the last container that was started for it failed. */
  #launchError: CookietinError | undefined

  constructor(
    request: ResolvedRequest,
    { onLeft, onOver }: CallListener,
    { observer, id = newId() }: { readonly observer?: CallObserver | undefined; readonly id?: string | undefined } = {},
  ) {
    this.id = id
    const { timeout, signal } = request
    this.request =
      observer === undefined ? request : { ...request, headers: { ...observer.headers, ...request.headers } }
    this.observer = observer
    this.#onLeft = onLeft
    this.#onOver = onOver
    this.deadline = Date.now() + Math.min(timeout, 2 ** 40)
    if (timeout < 2 ** 31) {
      this.#timer = setTimeout(() => this.#giveUp(timeoutError(timeout, this.#launchError)), timeout)
    }
    this.#release = onAbort(signal, () => this.#giveUp(cancelError(signal?.reason)))
    guardInput(request.body, error => {
      // Once the call is sent, the reader of the body gets the error.
      if (!this.wasSent) this.#giveUp(inputError(error))
    })
  }

  get response(): Promise<Response> {
    return this.#response.promise
  }

  /** True when nothing more will be done for it. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** True when the function may have seen any of it. It is not sent again then. */
  get wasSent(): boolean {
    return this.#exchange !== undefined && !this.#exchange.isUnseen
  }

  /** What it came to, after it is over. */
  record(image: string): CallRecord {
    const now = this.#endedAt ?? performance.now()
    const { id: containerId, served } = this.#target ?? {}
    return {
      id: this.id,
      image,
      containerId: served?.containerId ?? containerId,
      startedAt: this.#startedAt,
      waited: (this.#sentAt ?? now) - this.#since + (served?.waited ?? 0),
      duration: now - this.#since,
      isCold: served?.isCold ?? this.#isCold,
      status: this.#status,
      error: this.#error,
    }
  }

  /** A container that was started for it has failed; it waits for another one. */
  noteLaunchFailure(error: CookietinError): void {
    this.#launchError = error
  }

  /** Sends it to a container, which must be busy with it. Returns false when it was not sent, because it is over. */
  send(target: CallTarget): boolean {
    if (this.#isOver) return false
    const { stdout, stderr, headers, body } = this.request
    try {
      target.direct(stdout, stderr)
      this.#exchange = target.exchange({ callId: this.id, deadline: this.deadline, headers, body })
    } catch (error) {
      this.fail(toCookietinError(error, 'ERR_COOKIETIN_INVALID_TASK', 'Cannot send the call'))
      return false
    }
    this.#sentAt = performance.now()
    this.#target = target
    this.#isCold = !target.hasServed
    this.#exchange.response.then(
      response => {
        this.#status = response.status
        this.#response.resolve(response)
      },
      (error: CookietinError) => {
        this.#error = error.code
        this.#response.reject(error)
      },
    )
    return true
  }

  /** Rejects it: it cannot be served, or its container has ended. */
  fail(error: CookietinError): void {
    if (this.#exchange !== undefined) this.#exchange.abort(error)
    else if (!this.#isOver) releaseBody(this.request.body)
    this.#error ??= error.code
    this.#response.reject(error)
    this.finish()
  }

  /** Releases its timer and its signal. */
  finish(): void {
    if (!this.#isOver) {
      this.#endedAt = performance.now()
      this.#onOver(this)
    }
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#release?.()
  }

  #giveUp(error: CookietinError): void {
    if (this.#isOver) return
    this.fail(error)
    if (!this.wasSent) this.#onLeft(this)
  }
}

/** Reports a call that is over. */
export function reportCall(call: Call, image: string, calls$: Subject<CallRecord>): void {
  // A short response ends before its promise has resolved.
  const report = () => {
    const record = call.record(image)
    call.observer?.ended(record)
    calls$.next(record)
  }
  call.response.then(report, report)
}

function timeoutError(timeout: number, launchError: CookietinError | undefined): CookietinError {
  const why = launchError === undefined ? '' : `. The last container failed to start: ${launchError.message}`
  return new CookietinError(
    'ERR_COOKIETIN_CALL_TIMEOUT',
    `The call did not end within its timeout of ${timeout} ms${why}`,
    {
      retryable: true,
      cause: launchError,
    },
  )
}

function inputError(error: unknown): CookietinError {
  return toCookietinError(error, 'ERR_COOKIETIN_INPUT_FAILED', 'Could not send the body of the call')
}

function cancelError(reason: unknown): CookietinError {
  return new CookietinError('ERR_COOKIETIN_CANCELLED', 'The call was cancelled', { cause: reason })
}
