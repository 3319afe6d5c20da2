import { type Observable, Subject } from 'rxjs'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import { labelsIn } from '../cookie/recorder.ts'
import type { RunResult, Transition } from '../cookie/result.ts'
import type { GcAfterExit } from '../engines/engine.ts'
import { CookietinError, notCleaned, toCookietinError } from '../errors.ts'
import type { HotFunction } from '../functions/function.ts'
import { demandOf } from '../functions/launch.ts'
import { checkPlatform } from '../functions/platform.ts'
import { PooledFunction } from '../functions/pooled-function.ts'
import { type FunctionSpec, resolveSpec } from '../functions/spec.ts'
import { Scheduler } from '../queue/scheduler.ts'
import { checkRepeatable, readRetry } from '../task/retry/retry.ts'
import type { ResolvedRetry } from '../task/retry/types.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { onAbort } from '../utils/abort.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { signalIssue } from '../utils/validation/signal.ts'
import { closeOnEvents } from './close-on.ts'
import { type Execution, executionOf, refusedExecution } from './execution.ts'
import type {
  BytesTask,
  Executor,
  RunAllOptions,
  RunOptions,
  SettledRun,
  SettleOptions,
  Tasks,
  TextTask,
} from './executor.ts'
import { ExecutorFunctionHost } from './function-host.ts'
import { guardedRecorder } from './guarded-log.ts'
import { type ExecutorOptions, type ResolvedExecutorOptions, resolveExecutorOptions } from './options.ts'
import { RetriedRun, type RetryHost } from './retried-run.ts'
import { runAll, runAllSettled } from './run-all.ts'
import type { RunRecorder } from './run-log.ts'
import { readRunAll, runOptions } from './run-options.ts'

/**
 * Makes an executor on a driver. The executor does not close the driver.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad option.
 *
 * @example
 * await using executor = createExecutor({ driver, concurrency: 4 })
 */
export function createExecutor(options: ExecutorOptions): Executor {
  return new QueueExecutor(resolveExecutorOptions(options))
}

/** One cookie, or a task with its attempts. */
type Run = OpenCookie | RetriedRun

class QueueExecutor implements Executor {
  readonly #options: ResolvedExecutorOptions
  readonly #scheduler: Scheduler
  readonly #host: ExecutorFunctionHost
  readonly #functions = new Set<PooledFunction>()
  readonly #transitions$ = new Subject<Transition>()
  readonly #runs$ = new Subject<Execution>()
  /** Every run whose containers are not removed yet. */
  readonly #runs = new Map<Run, Execution>()
  readonly #uncleaned: unknown[] = []
  readonly #recorder: RunRecorder | undefined
  readonly #unwatch: () => void
  #idlers: (() => void)[] = []
  #isForced = false
  #closing: Promise<void> | undefined

  constructor(options: ResolvedExecutorOptions) {
    this.#options = options
    this.#recorder = options.history && guardedRecorder(options.history, this.#transitions$)
    const { concurrency, memory, cpus, driver, cookie } = options
    this.#scheduler = new Scheduler(concurrency, {
      memory,
      cpus,
      ...(driver.engine.gpus !== undefined && { gpus: driver.engine.gpus }),
    })
    const opened = (cookie: OpenCookie) => this.#publish(cookie)
    this.#host = new ExecutorFunctionHost(driver, this.#scheduler, cookie.inspect, opened, options.stop)
    this.#unwatch = closeOnEvents(this, options.closeOn)
  }

  /** For `closeOn: ['exit']`. */
  gcAfterExit(): GcAfterExit | undefined {
    const hasRuns = this.#runs.size > 0 || [...this.#functions].some(({ size }) => size > 0)
    return this.#options.driver.engine.gcAfterExit?.(hasRuns)
  }

  get transitions$(): Observable<Transition> {
    return this.#transitions$
  }
  get runs$(): Observable<Execution> {
    return this.#runs$
  }
  get executions(): Iterable<Execution> {
    return this.#runs.values()
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
    let run: Run
    try {
      checkKnown(options, runOptions)
      run = this.#open(task, options ?? undefined)
    } catch (error) {
      return refusedExecution(idOf(task), toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot run the task'))
    }
    const { signal, priority = 0 } = options ?? {}
    const followed = this.#follow(run, signal)
    const result = this.#recorder === undefined ? followed : this.#kept(run.task, followed)
    const execution = executionOf(run, result)
    this.#runs.set(run, execution)
    this.#runs$.next(execution)
    this.#transitions$.next({
      id: run.id,
      from: undefined,
      to: 'created',
      event: 'queue',
      at: Date.now(),
      ...labelsIn(run.task),
    })
    if (run instanceof RetriedRun) run.start()
    else this.#queue(run, priority)
    return execution
  }

  runAll(tasks: Tasks<BytesTask>, options: SettleOptions): AsyncGenerator<SettledRun<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options: SettleOptions): AsyncGenerator<SettledRun<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options: SettleOptions): AsyncGenerator<SettledRun, void, undefined>
  runAll(tasks: Tasks<BytesTask>, options?: RunAllOptions): AsyncGenerator<RunResult<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options?: RunAllOptions): AsyncGenerator<RunResult<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options?: RunAllOptions): AsyncGenerator<RunResult, void, undefined>
  runAll(
    tasks: Tasks<ContainerTask>,
    options?: RunAllOptions,
  ): AsyncGenerator<RunResult | SettledRun, void, undefined> {
    const read = readRunAll(options, this.#options.concurrency)
    const run = (task: ContainerTask) => this.run(task, read.run)
    return read.settle ? runAllSettled(run, tasks, read.limits) : runAll(run, tasks, read.limits)
  }

  function(spec: FunctionSpec): HotFunction {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot make a function: the executor is closed')
    }
    const resolved = resolveSpec(spec, this.#options.concurrency)
    this.#check(this.#options.driver.resolve(resolved.task, this.#options.stop))
    checkPlatform(this.#options.driver.engine)
    const made = new PooledFunction(this.#host, resolved, () => this.#functions.delete(made))
    this.#functions.add(made)
    return made
  }

  async onIdle(): Promise<void> {
    if (this.#runs.size === 0) return
    await new Promise<void>(resolve => this.#idlers.push(resolve))
  }

  close({ force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
    this.#closing ??= this.#drain()
    if (force) {
      for (const cookie of this.#runs.keys()) {
        // A program that is ending keeps its time, until a close is forced once more.
        if (this.#isForced || cookie.state !== 'terminating') void cookie.cancel('the executor is closed')
      }
      for (const each of this.#functions) void each.close({ force }).catch(() => {})
      this.#isForced = true
    }
    // The clock of a frozen run stands: without this it would never end.
    for (const cookie of this.#runs.keys()) thaw(cookie)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(given: ContainerTask, options?: RunOptions): Run {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot run the task: the executor is closed')
    }
    const task = this.#options.driver.resolve(given, this.#options.stop)
    const retry = this.#check(task, options) ?? task.retry
    const run =
      retry === undefined ? this.#cookieOf(task) : new RetriedRun(task, retry, this.#retryHost(options?.priority))
    this.#recorder?.created(task)
    this.#publish(run)
    return run
  }

  #cookieOf(task: ResolvedTask): OpenCookie {
    return this.#options.driver.open(task, this.#options.cookie)
  }

  #retryHost(priority = 0): RetryHost {
    const { driver, cookie } = this.#options
    return {
      clock: driver.clock,
      inspect: cookie.inspect,
      open: task => this.#cookieOf(task),
      execute: async attempt => {
        this.#queue(attempt, priority)
        try {
          return await attempt.result()
        } finally {
          this.#scheduler.withdraw(attempt.id)
        }
      },
    }
  }

  #queue(cookie: OpenCookie, priority: number): void {
    // A subscriber may have cancelled it.
    if (cookie.state !== 'created') return
    const demand = demandOf(cookie.task, this.#scheduler.total)
    this.#scheduler.add({ id: cookie.id, priority, demand }, () => this.#turn(cookie))
  }

  /** A task that can never start is refused, not queued. Returns how it is retried, by the options. */
  #check(task: ResolvedTask, options: RunOptions = {}): ResolvedRetry | undefined {
    const { memory, cpus } = task
    const { signal, priority = 0 } = options
    const { total } = this.#scheduler
    const issues = new Issues()
    if (memory > total.memory) issues.add('memory', memory, `at most the executor's ${total.memory} bytes`)
    if (cpus > total.cpus) issues.add('cpus', cpus, `at most the executor's ${total.cpus} milli-CPUs`)
    if (!Number.isFinite(priority)) issues.add('priority', priority, 'a finite number')
    issues.include(signalIssue(signal))
    const retry = readRetry(issues, options.retry)
    if (retry !== undefined) checkRepeatable(issues, task)
    issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
    return retry
  }

  /** Follows a run to its result, and removes it then. */
  async #follow(cookie: Run, signal: AbortSignal | undefined): Promise<RunResult> {
    const release = onAbort(signal, () => void cookie.cancel(signal?.reason))
    try {
      return await cookie.result()
    } finally {
      release()
      // A cookie that ended in the queue must leave it.
      this.#scheduler.withdraw(cookie.id)
      void this.#closeCookie(cookie)
    }
  }

  /** The same result, after it is recorded. */
  async #kept(task: ResolvedTask, result: Promise<RunResult>): Promise<RunResult> {
    const end = await result.then(
      value => ({ task, result: value }),
      (error: CookietinError) => ({ task, error }),
    )
    await this.#recorder?.ended(end)
    return result
  }

  /** One task's turn. p-queue's slot is free again when the task has settled; the removal continues after that. */
  async #turn(cookie: OpenCookie): Promise<void> {
    try {
      // A caller that subscribes right after run() sees the cookie created.
      await undefined
      const { wait } = await cookie.run()
      await wait()
    } catch {
      // The execution rejects with it.
    }
  }

  async #closeCookie(cookie: Run): Promise<void> {
    try {
      await cookie.close()
    } catch (error) {
      this.#uncleaned.push(error)
    }
    this.#runs.delete(cookie)
    if (this.#runs.size > 0) return
    for (const resolve of this.#idlers.splice(0)) resolve()
  }

  #publish(cookie: Run): void {
    cookie.transitions$.subscribe(transition => {
      this.#transitions$.next(transition)
      if (transition.to === 'frozen' && this.#closing !== undefined && this.#runs.has(cookie)) thaw(cookie)
    })
  }

  async #drain(): Promise<void> {
    const closed = await Promise.allSettled([this.onIdle(), ...[...this.#functions].map(each => each.close())])
    for (const outcome of closed) if (outcome.status === 'rejected') this.#uncleaned.push(outcome.reason)
    await this.#host.folders.close().catch(error => this.#uncleaned.push(error))
    this.#unwatch()
    this.#transitions$.complete()
    this.#runs$.complete()
    const left = this.#uncleaned.filter(failure => this.#options.driver.isLeft(failure))
    if (left.length > 0) throw notCleaned(left)
  }
}

/** Asks for it once; a run that has ended meanwhile cannot be thawed. */
function thaw(cookie: Run): void {
  if (cookie.state === 'frozen' || cookie.state === 'freezing') cookie.unfreeze().catch(() => {})
}

/** The id of a task that may not even be one. */
function idOf(task: unknown): string {
  try {
    const { id } = Object(task) as Partial<ContainerTask>
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}
