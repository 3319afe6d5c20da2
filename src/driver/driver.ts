import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import type { ContainerTask } from '../task/task.ts'

/** Makes cookies on one engine (Fn's `Driver`). */
export interface Driver extends AsyncDisposable {
  /** `'docker'`, `'process'` or `'mock'`. */
  readonly name: string
  /**
   * Makes a cookie of a task. Validates it, and does no I/O. Aborting the signal cancels the cookie, whatever it is at; one that is aborted gives a cancelled cookie.
   * Rejects with `ERR_COOKIETIN_INVALID_TASK`, listing every bad field.
   */
  createCookie(task: ContainerTask, options?: CreateCookieOptions): Promise<Cookie>
  /** Makes the image present and creates the container: `cookie.prepare()`, under Fn's name. */
  prepareCookie(cookie: Cookie, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Cancels and closes every cookie, then lets go of the engine. Idempotent. Rejects with `ERR_COOKIETIN_NOT_CLEANED`, naming what is left. */
  close(): Promise<void>
}

/** What {@link Driver.createCookie} takes besides the task. */
export interface CreateCookieOptions extends CookieOptions {
  readonly signal?: AbortSignal | undefined
}
