import type { InvokeRequest } from './http/request.ts'

/** A function that is called over HTTP in containers that are started once and frozen while nobody calls (Fn's `http-stream`). */
export interface HotFunction extends AsyncDisposable {
  /**
   * Calls the function: in the container that was called last, if one is free; else in a new one, if the limits allow; else when its turn comes.
   * Resolves with the response as soon as its headers are there. Rejects with a {@link CookietinError} whose code says what went wrong.
   */
  invoke(request?: InvokeRequest): Promise<Response>
  /** Resolves when the function has so many containers that listen, or as many as there may ever be of it. */
  prewarm(count: number): Promise<void>
  /** How many containers it has. */
  readonly size: number
  /** Takes no more calls, lets those it has come to their end (with `force`: ends them), and removes its containers. Idempotent. */
  close(options?: { readonly force?: boolean | undefined }): Promise<void>
}
