import type { Observable } from 'rxjs'
import type { Call } from './call/call.ts'
import type { CallRecord } from './call/record.ts'
import type { InvokeRequest, ResolvedRequest } from './http/request.ts'
import type { SlotState } from './slot/slot.ts'

/** A function that is called over HTTP (Fn's `http-stream`). Its containers start once, serve many calls, and are frozen while idle. */
export interface HotFunction extends AsyncDisposable {
  /**
   * Calls the function: in the idle container that served last, else in a new one if the limits allow it, else in the next that is free.
   * Resolves with a WHATWG `Response` when its headers are there; its body streams. Rejects with a `CookietinError`.
   *
   * @throws CookietinError with a code that tells what went wrong.
   *
   * @example
   * const response = await greet.invoke({ body: JSON.stringify({ name: 'Ada' }), timeout: 10_000 })
   * console.log(response.status, await response.text())
   */
  invoke(request?: InvokeRequest): Promise<Response>
  /** Resolves when this many containers listen, or as many as the function may have. */
  prewarm(count: number): Promise<void>
  /** Every call from now on, when it has ended. Completes when the function is closed. */
  readonly calls$: Observable<CallRecord>
  /** What telemetry and metrics call it: the spec's `name`, else its image. */
  readonly name: string
  /** How many containers of the function are in each state. States without any are left out. */
  readonly slots: Readonly<Partial<Record<SlotState, number>>>
  /** How many containers the function has. */
  readonly size: number
  /** Accepts no more calls, serves the accepted ones (with `force`: rejects them), and removes its containers. Idempotent; `await using` does it. */
  close(options?: { readonly force?: boolean | undefined }): Promise<void>
}

/** Every function of an executor. */
export interface OpenFunction extends HotFunction {
  /** Makes a call of a request that was checked, by its own id or a new one. */
  call(request: ResolvedRequest, id?: string): Call
}
