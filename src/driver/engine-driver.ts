import type { CookieState } from '../../machines/cookie-states.ts'
import { type CookieClock, processClock } from '../cookie/clock.ts'
import type { Cookie, CookieOptions } from '../cookie/cookie.ts'
import { OpenCookie, type OpenCookieOptions } from '../cookie/open-cookie.ts'
import type { Engine, EngineContainer } from '../engines/engine.ts'
import { CookietinError, InvalidInputError, notCleaned } from '../errors.ts'
import { type ResolveTaskOptions, resolveTask } from '../task/resolve-task.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { ContainerTask, StopOptions } from '../task/task.ts'
import { guardInspect } from '../utils/actors/inspectable.ts'
import { Issues, typeName } from '../utils/validation/issues.ts'
import { readCreateOptions } from './cookie-options.ts'
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
export function createDriver(engine: Engine, options?: EngineDriverOptions): Driver {
  const { name, container, close } = Object(engine) as Partial<Engine>
  if (typeof name !== 'string' || typeof container !== 'function' || typeof close !== 'function') {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'engine', value: String(engine), allowed: 'an Engine: an object with name, container() and close()' },
    ])
  }
  if (typeof (options ?? {}) !== 'object') {
    throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', [
      { field: 'options', value: `a value of type ${typeName(options)}`, allowed: 'an object' },
    ])
  }
  return new EngineDriver(engine, options ?? {})
}

/** Marks the drivers that an executor accepts. It is the same in every copy of the package. */
const brand = Symbol.for('cookietin.driver')

/** Returns true for a driver that was made by any copy of this package. */
export function isEngineDriver(driver: unknown): driver is EngineDriver {
  return typeof driver === 'object' && driver !== null && (driver as { [brand]?: unknown })[brand] === true
}

/** What has an id of its own until it is closed: a cookie, or a run with its cookies. */
export interface Holder {
  readonly id: string
  readonly state: CookieState
  close(): Promise<void>
}

/** The one implementation of {@link Driver}: joins the cookie's machine to an engine. */
export class EngineDriver<E extends Engine = Engine> implements Driver {
  readonly name: string
  readonly #engine: E
  readonly #options: EngineDriverOptions
  /** The latest cookie or run of each id that is not closed yet. */
  readonly #byId = new Map<string, Holder>()
  /** Those that are being closed, and whose id another has. */
  readonly #replaced = new Set<Holder>()
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

  async createCookie(task: ContainerTask, given: CreateCookieOptions = {}): Promise<Cookie> {
    const { signal, cookie: options } = readCreateOptions(given)
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
    if (typeof cookie?.prepare !== 'function') {
      const issue = { field: 'cookie', value: typeName(cookie), allowed: 'a cookie made by createCookie(), awaited' }
      throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue])
    }
    await cookie.prepare(options)
  }

  /** Validates a task by the rules of this driver's config. `stop` completes how it is stopped. */
  resolve(task: ContainerTask, stop?: StopOptions): ResolvedTask {
    return resolveTask(task, stop === undefined ? this.#options : { ...this.#options, stop })
  }

  /** Makes a cookie of a validated task. Does no I/O. */
  open(task: ResolvedTask, options: CookieOptions & Pick<OpenCookieOptions, 'onTransition' | 'owner'>): OpenCookie {
    this.#checkFree(task)
    const opened = this.#make(task, {
      ...options,
      inspect: guardInspect(options.inspect),
      previous: this.#previous(task),
      onTransition: transition => {
        options.onTransition?.(transition)
        if (transition.to === 'closed') this.release(opened)
      },
    })
    this.#byId.set(task.id, opened)
    return opened
  }

  /** False where a cookie has to be made at once: to know whether the engine can run the task, or because its files are to be followed. */
  canDefer({ files, artifacts }: ResolvedTask): boolean {
    return this.#engine.check !== undefined && files.length === 0 && artifacts.length === 0
  }

  /**
   * Checks a validated task whose cookie is made later. Returns what it has to wait for: the end of an earlier cookie of the same id.
   *
   * @throws CookietinError as `open()` would.
   */
  prepare(task: ResolvedTask): Promise<unknown> | undefined {
    this.#checkFree(task)
    if (this.canDefer(task)) this.#engine.check?.(task)
    return this.#previous(task)
  }

  /** Gives a task's id to a run, until it is released. The driver's end closes the run. */
  hold(run: Holder): void {
    this.#byId.set(run.id, run)
  }

  /** Makes the cookie of a run that holds its id. */
  openHeld(task: ResolvedTask, options: OpenCookieOptions): OpenCookie {
    if (this.#closing !== undefined) throw this.#closed(task)
    return this.#make(task, options)
  }

  release(holder: Holder): void {
    this.#replaced.delete(holder)
    if (this.#byId.get(holder.id) === holder) this.#byId.delete(holder.id)
  }

  #make(task: ResolvedTask, options: OpenCookieOptions): OpenCookie {
    const container = this.#engine.container(task)
    checkCopies(this.name, task, container)
    return new OpenCookie(task, container, { ...options, clock: this.#options.clock })
  }

  #checkFree(task: ResolvedTask): void {
    if (this.#closing !== undefined) throw this.#closed(task)
    const earlier = this.#byId.get(task.id)
    if (earlier === undefined || earlier.state === 'closing') return
    throw new CookietinError(
      'ERR_COOKIETIN_NAME_CONFLICT',
      `Cannot create cookie ${task.id}: this driver has a living cookie of that id; leave the id out, or wait until the other has ended and is being closed`,
      { cookieId: task.id },
    )
  }

  /** Settles when the earlier cookie of the same id is closed. */
  #previous({ id }: ResolvedTask): Promise<unknown> | undefined {
    const earlier = this.#byId.get(id)
    if (earlier === undefined) return undefined
    this.#replaced.add(earlier)
    return earlier.close().catch(() => {})
  }

  #closed({ id }: ResolvedTask): CookietinError {
    return new CookietinError('ERR_COOKIETIN_CLOSED', `Cannot create cookie ${id}: the driver is closed`, {
      cookieId: id,
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#byId.values(), ...this.#replaced].map(each => each.close()))
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
