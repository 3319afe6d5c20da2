import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import type { ContainerTask } from '../task/task.ts'

/** Makes cookies on one engine (Fn's `Driver`). */
export interface Driver extends AsyncDisposable {
  /** `'docker'`, `'process'`, `'mock'`, or the name of an engine of your own. */
  readonly name: string
  /**
   * Validates a task and makes a cookie of it. Does no I/O. The options are those of a cookie, and a `signal`.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
   *
   * @example
   * await using cookie = await driver.createCookie({ image: 'busybox', command: ['true'] })
   * const { wait } = await cookie.run()
   * console.log((await wait()).status)
   */
  createCookie(task: ContainerTask, options?: CreateCookieOptions): Promise<Cookie>
  /** Pulls the image if needed and creates the container: `cookie.prepare()`, under Fn's name. */
  prepareCookie(cookie: Cookie, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Cancels and closes every cookie, then disconnects from the engine. Idempotent; `await using` does it.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`, with the names of all that is left.
   */
  close(): Promise<void>
}

/** Options of {@link Driver.createCookie}. */
export interface CreateCookieOptions extends CookieOptions {
  /** Aborting it cancels the cookie in any state, for as long as it runs. */
  readonly signal?: AbortSignal | undefined
}
