import { type CookieClock, processClock } from '../cookie/clock.ts'
import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import { OpenCookie } from '../cookie/open-cookie.ts'
import type { Engine, EngineContainer } from '../engines/engine.ts'
import { CookietinError, InvalidInputError, notCleaned } from '../errors.ts'
import { type ResolveTaskOptions, resolveTask } from '../task/resolve-task.ts'
import type { ContainerTask, ResolvedTask, StopOptions } from '../task/task.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { checkSignal } from '../utils/validation/signal.ts'
import type { CreateCookieOptions, Driver } from './driver.ts'

/** Options of {@link createDriver}. */
export interface EngineDriverOptions extends ResolveTaskOptions {
  /**
   * Runs the cookies' timeouts: an XState clock, such as `SimulatedClock`.
   *
   * @default the time of this machine
   */
  readonly clock?: CookieClock | undefined
}

/**
 * Makes a driver on an engine of your own. Every part of cookietin works with it: cookies, executor, history, inspector.
 *
 * @param engine - The engine. The driver closes it.
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG` when a method of the engine port is missing.
 *
 * @example
 * const driver = createDriver(createMyEngine())
 * const executor = createExecutor({ driver })
 */
export function createDriver(engine: Engine, options: EngineDriverOptions = {}): Driver {
  const { name, container, close } = Object(engine) as Partial<Engine>
  if (typeof name !== 'string' || typeof container !== 'function' || typeof close !== 'function') {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'engine', value: String(engine), allowed: 'an Engine: an object with name, container() and close()' },
    ])
  }
  return new EngineDriver(engine, options)
}

const cookieOptions: Record<keyof CookieOptions, true> = {
  maxStats: true,
  statExtremes: true,
  maxOutput: true,
  killOnMaxOutput: true,
  inspect: true,
}

/** Marks the drivers that an executor accepts. It is the same in every copy of the package. */
const brand = Symbol.for('cookietin.driver')

/** Returns true for a driver that was made by any copy of this package. */
export function isEngineDriver(driver: unknown): driver is EngineDriver {
  return typeof driver === 'object' && driver !== null && (driver as { [brand]?: unknown })[brand] === true
}

/** The one implementation of {@link Driver}: joins the cookie's machine to an engine. */
export class EngineDriver<E extends Engine = Engine> implements Driver {
  readonly name: string
  readonly #engine: E
  readonly #options: EngineDriverOptions
  /** Every cookie that is not closed yet. */
  readonly #cookies = new Set<OpenCookie>()
  /** The latest cookie of each id. */
  readonly #byId = new Map<string, OpenCookie>()
  #closing: Promise<void> | undefined

  constructor(engine: E, options: EngineDriverOptions = {}) {
    this.name = engine.name
    this.#engine = engine
    this.#options = options
  }

  /** The clock of its cookies. */
  get clock(): CookieClock {
    return this.#options.clock ?? processClock
  }

  /** On the prototype, where it is not printed with the driver. */
  get [brand](): true {
    return true
  }

  /** The engine below, for callers that need a feature of one engine. */
  get engine(): E {
    return this.#engine
  }

  async createCookie(task: ContainerTask, { signal, ...options }: CreateCookieOptions = {}): Promise<Cookie> {
    checkSignal(signal)
    checkKnown(options, cookieOptions)
    const resolved = this.resolve(task)
    if (resolved.retry !== undefined) {
      const issue = {
        field: 'retry',
        value: 'a policy',
        allowed: 'left out: a cookie is one attempt, and an executor retries',
      }
      throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
    }
    const cookie = this.open(resolved, options)
    cookie.cancelOn(signal)
    return cookie
  }

  async prepareCookie(cookie: Cookie, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    await cookie.prepare(options)
  }

  /** Validates a task by the rules of this driver's config. `stop` completes how it is stopped. */
  resolve(task: ContainerTask, stop?: StopOptions): ResolvedTask {
    return resolveTask(task, stop === undefined ? this.#options : { ...this.#options, stop })
  }

  /** Makes a cookie of a validated task. Does no I/O. */
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
    const container = this.#engine.container(task)
    checkCopies(this.name, task, container)
    const cookie = new OpenCookie(task, container, {
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
    const [engine] = await Promise.allSettled([this.#engine.close()])
    const failures = closed.flatMap(reasonOf).filter(failure => this.isLeft(failure))
    if (failures.length > 0) throw notCleaned([...failures, ...reasonOf(engine)])
    if (engine.status === 'rejected') throw engine.reason
  }

  /** Returns false for a failed removal that the engine has repeated with success since. */
  isLeft(failure: unknown): boolean {
    const { leftovers } = this.#engine
    if (leftovers === undefined || !(failure instanceof CookietinError) || failure.leaked.length === 0) return true
    return failure.leaked.some(name => leftovers.includes(name))
  }
}

/** An engine need not be able to copy files. A task that needs it to is refused before anything is created. */
function checkCopies(engine: string, { id, files, artifacts }: ResolvedTask, container: EngineContainer): void {
  const issues = new Issues()
  const allowed = `left out: the engine '${engine}' cannot copy files`
  if (files.length > 0 && container.copyIn === undefined) issues.addSecret('files', files, allowed)
  if (artifacts.length > 0 && container.copyOut === undefined) issues.addSecret('artifacts', artifacts, allowed)
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK', id)
}

function reasonOf(outcome: PromiseSettledResult<unknown>): unknown[] {
  return outcome.status === 'rejected' ? [outcome.reason] : []
}
