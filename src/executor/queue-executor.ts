import { type Observable, Subject } from 'rxjs'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import type { RunResult, Transition } from '../cookie/result.ts'
import { CookietinError, notCleaned, toCookietinError } from '../errors.ts'
import type { HotFunction } from '../functions/function.ts'
import { checkPlatform } from '../functions/platform.ts'
import { PooledFunction } from '../functions/pooled-function.ts'
import { type FunctionSpec, resolveSpec } from '../functions/spec.ts'
import { Scheduler } from '../queue/scheduler.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { onAbort } from '../utils/abort.ts'
import { Issues } from '../utils/validation/issues.ts'
import { signalIssue } from '../utils/validation/signal.ts'
import { type Execution, executionOf, refusedExecution } from './execution.ts'
import type { BytesTask, Executor, RunOptions, Tasks, TextTask } from './executor.ts'
import { ExecutorFunctionHost } from './function-host.ts'
import { type ExecutorOptions, type ResolvedExecutorOptions, resolveExecutorOptions } from './options.ts'
import { runAll } from './run-all.ts'
import type { RunRecorder } from './run-log.ts'

/** Makes an executor. Throws `ERR_COOKIETIN_INVALID_CONFIG`, listing every bad option. */
export function createExecutor(options: ExecutorOptions): Executor {
  return new QueueExecutor(resolveExecutorOptions(options))
}

class QueueExecutor implements Executor {
  readonly #options: ResolvedExecutorOptions
  readonly #scheduler: Scheduler
  readonly #host: ExecutorFunctionHost
  readonly #functions = new Set<PooledFunction>()
  readonly #transitions$ = new Subject<Transition>()
  /** Every cookie that is not closed yet. */
  readonly #cookies = new Set<OpenCookie>()
  readonly #uncleaned: unknown[] = []
  readonly #recorder: RunRecorder | undefined
  #idlers: (() => void)[] = []
  #closing: Promise<void> | undefined

  constructor(options: ResolvedExecutorOptions) {
    this.#options = options
    this.#recorder = options.history?.follow(this.#transitions$)
    const { concurrency, memory, cpus, driver, cookie } = options
    this.#scheduler = new Scheduler(concurrency, { memory, cpus })
    this.#host = new ExecutorFunctionHost(driver, this.#scheduler, cookie.inspect, opened => this.#tell(opened))
  }

  get transitions$(): Observable<Transition> {
    return this.#transitions$
  }
  get pending(): number {
    return this.#scheduler.pending
  }
  get size(): number {
    return this.#scheduler.waiting
  }

  run(task: BytesTask, options?: RunOptions): Execution<Uint8Array>
  run(task: TextTask, options?: RunOptions): Execution<string>
  run(task: ContainerTask, options?: RunOptions): Execution
  run(task: ContainerTask, options?: RunOptions): Execution {
    const { signal, priority = 0 } = options ?? {}
    const id = typeof task?.id === 'string' ? task.id : ''
    let cookie: OpenCookie
    try {
      cookie = this.#open(task, { signal, priority })
    } catch (error) {
      return refusedExecution(id, toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot run the task'))
    }
    const followed = this.#follow(cookie, signal)
    const result = this.#recorder === undefined ? followed : this.#kept(cookie.task, followed)
    const demand = { memory: cookie.task.memory, cpus: cookie.task.cpus }
    if (cookie.state === 'created') {
      this.#scheduler.add({ id: cookie.id, priority, demand }, () => this.#turn(cookie))
    }
    return executionOf(cookie, result)
  }

  runAll(tasks: Tasks<BytesTask>, options?: RunOptions): AsyncGenerator<RunResult<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options?: RunOptions): AsyncGenerator<RunResult<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options?: RunOptions): AsyncGenerator<RunResult, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options?: RunOptions): AsyncGenerator<RunResult, void, undefined> {
    return runAll(task => this.run(task, options), tasks)
  }

  function(spec: FunctionSpec): HotFunction {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot make a function: the executor is closed')
    }
    const resolved = resolveSpec(spec, this.#options.concurrency)
    this.#check(this.#options.driver.resolve(resolved.task))
    checkPlatform(this.#options.driver.engine)
    const made = new PooledFunction(this.#host, resolved, () => this.#functions.delete(made))
    this.#functions.add(made)
    return made
  }

  async onIdle(): Promise<void> {
    if (this.#cookies.size === 0) return
    await new Promise<void>(resolve => this.#idlers.push(resolve))
  }

  close({ force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
    this.#closing ??= this.#drain()
    if (force) {
      for (const cookie of this.#cookies) void cookie.cancel('the executor is closed')
      for (const each of this.#functions) void each.close({ force }).catch(() => {})
    }
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(given: ContainerTask, options: RunOptions): OpenCookie {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot run the task: the executor is closed')
    }
    const task = this.#options.driver.resolve(given)
    this.#check(task, options)
    const cookie = this.#options.driver.open(task, this.#options.cookie)
    this.#recorder?.created(task)
    this.#tell(cookie)
    return cookie
  }

  /** What can never start must be refused, not queued. */
  #check({ memory, cpus }: ResolvedTask, { signal, priority = 0 }: RunOptions = {}): void {
    const { total } = this.#scheduler
    const issues = new Issues()
    if (memory > total.memory) issues.add('memory', memory, `at most the executor's ${total.memory} bytes`)
    if (cpus > total.cpus) issues.add('cpus', cpus, `at most the executor's ${total.cpus} milli-CPUs`)
    if (!Number.isFinite(priority)) issues.add('priority', priority, 'a finite number')
    issues.include(signalIssue(signal))
    issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  }

  /** Joins a cookie to its signal and to its removal. */
  async #follow(cookie: OpenCookie, signal: AbortSignal | undefined): Promise<RunResult> {
    this.#cookies.add(cookie)
    const release = onAbort(signal, () => void cookie.cancel(signal?.reason))
    try {
      return await cookie.result()
    } finally {
      release()
      // A cookie that ended in the queue must not keep its place there.
      this.#scheduler.withdraw(cookie.id)
      void this.#closeCookie(cookie)
    }
  }

  /** The same result, once it is kept. */
  async #kept(task: ResolvedTask, result: Promise<RunResult>): Promise<RunResult> {
    const end = await result.then(
      value => ({ task, result: value }),
      (error: CookietinError) => ({ task, error }),
    )
    await this.#recorder?.ended(end)
    return result
  }

  /** One task's turn: p-queue's slot is free again when the task has settled; the removal goes on beside. */
  async #turn(cookie: OpenCookie): Promise<void> {
    try {
      // Whoever subscribes right after run() shall see the cookie created.
      await undefined
      const { wait } = await cookie.run()
      await wait()
    } catch {
      // Told to the caller by the execution.
    }
  }

  async #closeCookie(cookie: OpenCookie): Promise<void> {
    try {
      await cookie.close()
    } catch (error) {
      this.#uncleaned.push(error)
    }
    this.#cookies.delete(cookie)
    if (this.#cookies.size > 0) return
    for (const resolve of this.#idlers.splice(0)) resolve()
  }

  #tell(cookie: OpenCookie): void {
    cookie.transitions$.subscribe(transition => this.#transitions$.next(transition))
  }

  async #drain(): Promise<void> {
    const closed = await Promise.allSettled([this.onIdle(), ...[...this.#functions].map(each => each.close())])
    for (const outcome of closed) if (outcome.status === 'rejected') this.#uncleaned.push(outcome.reason)
    await this.#host.folders.close().catch(error => this.#uncleaned.push(error))
    this.#transitions$.complete()
    if (this.#uncleaned.length > 0) throw notCleaned(this.#uncleaned)
  }
}
