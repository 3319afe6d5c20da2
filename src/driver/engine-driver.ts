import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import { OpenCookie } from '../cookie/open-cookie.ts'
import type { CookieClock } from '../cookie/surroundings.ts'
import type { Engine } from '../engines/engine.ts'
import { CookietinError, notCleaned } from '../errors.ts'
import { type ResolveTaskOptions, resolveTask } from '../task/resolve-task.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import { checkSignal } from '../utils/validation/signal.ts'
import type { CreateCookieOptions, Driver } from './driver.ts'

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
    const cookie = new OpenCookie(
      task,
      this.#engine.container(task),
      { ...options, inspect },
      {
        clock: this.#options.clock,
        forerunner: earlier?.close().catch(() => {}),
      },
    )
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
