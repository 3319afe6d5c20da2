import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import { type CookieClock, OpenCookie } from '../cookie/open-cookie.ts'
import type { Engine } from '../engines/engine.ts'
import { CookietinError } from '../errors.ts'
import { type ResolveTaskOptions, resolveTask } from '../task/resolve-task.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { checkSignal } from '../utils/abort.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'

/** Makes cookies on one engine (the seed's `Driver`). */
export interface Driver extends AsyncDisposable {
  /** `'docker'`, `'process'` or `'mock'`. */
  readonly name: string
  /**
   * Makes a cookie of a task. Validates it, and does no I/O. Aborting the signal cancels the cookie, whatever it is at; one that is aborted gives a cancelled cookie.
   * Rejects with `ERR_COOKIETIN_INVALID_TASK`, listing every bad field.
   */
  createCookie(task: ContainerTask, options?: CreateCookieOptions): Promise<Cookie>
  /** Makes the image present and creates the container: `cookie.prepare()`, under the seed's name. */
  prepareCookie(cookie: Cookie, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Cancels and closes every cookie, then lets go of the engine. Idempotent. Rejects with `ERR_COOKIETIN_NOT_CLEANED`, naming what is left. */
  close(): Promise<void>
}

/** What {@link Driver.createCookie} takes besides the task. */
export interface CreateCookieOptions extends CookieOptions {
  readonly signal?: AbortSignal | undefined
}

/** What an {@link EngineDriver} takes besides its engine. */
export interface EngineDriverOptions extends ResolveTaskOptions {
  /** Drives the machines' delays. Default: the time of this machine. */
  readonly clock?: CookieClock | undefined
}

/** Joins the machine to an engine: one driver for all of them. */
export class EngineDriver implements Driver {
  readonly name: string
  readonly #engine: Engine
  readonly #options: EngineDriverOptions
  /** Every cookie that is not closed yet. */
  readonly #cookies = new Set<OpenCookie>()
  /** The latest of each id among them. */
  readonly #byId = new Map<string, OpenCookie>()
  #closing: Promise<void> | undefined

  constructor(engine: Engine, options: EngineDriverOptions = {}) {
    this.name = engine.name
    this.#engine = engine
    this.#options = options
  }

  /** The engine underneath, for those who need what only it can do. */
  get engine(): Engine {
    return this.#engine
  }

  async createCookie(task: ContainerTask, { signal, ...options }: CreateCookieOptions = {}): Promise<Cookie> {
    checkSignal(signal)
    const cookie = this.open(this.resolve(task), options)
    cookie.cancelOn(signal)
    return cookie
  }

  async prepareCookie(cookie: Cookie, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    await cookie.prepare(options)
  }

  /** Validates a task by the rules of this driver's config. */
  resolve(task: ContainerTask): ResolvedTask {
    return resolveTask(task, this.#options)
  }

  /** Makes a cookie of a validated task, at once. */
  open(task: ResolvedTask, options: CookieOptions): OpenCookie {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', `Cannot create cookie ${task.id}: the driver is closed`, {
        cookieId: task.id,
      })
    }
    const earlier = this.#byId.get(task.id)
    if (earlier !== undefined && earlier.state !== 'closing') {
      throw new CookietinError(
        'ERR_COOKIETIN_NAME_CONFLICT',
        `Cannot create cookie ${task.id}: this driver has a living cookie of that id; leave the id out, or wait until the other has ended and is being closed`,
        { cookieId: task.id },
      )
    }
    const inspect = guardInspect(options.inspect)
    const cookie = new OpenCookie(task, this.#engine.container(task), {
      ...options,
      inspect,
      clock: this.#options.clock,
      previous: earlier?.close().catch(() => {}),
    })
    this.#cookies.add(cookie)
    this.#byId.set(task.id, cookie)
    cookie.transitions$.subscribe({ complete: () => this.#forget(cookie) })
    return cookie
  }

  #forget(cookie: OpenCookie): void {
    this.#cookies.delete(cookie)
    if (this.#byId.get(cookie.id) === cookie) this.#byId.delete(cookie.id)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#cookies].map(cookie => cookie.close()))
    await this.#engine.close()
    const failures = closed.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    if (failures.length > 0) throw notCleaned(failures)
  }
}

/** One error of many that name what is left. */
export function notCleaned(failures: readonly unknown[]): CookietinError {
  const leaked = failures.flatMap(failure => (failure instanceof CookietinError ? failure.leaked : []))
  const left =
    leaked.length === 0
      ? ''
      : `: ${leaked.join(', ')} may still exist; \`cookietin gc\` finds them once this process is gone`
  return new CookietinError('ERR_COOKIETIN_NOT_CLEANED', `${failures.length} cookies could not be cleaned up${left}`, {
    leaked,
    cause: new AggregateError(failures),
  })
}
