import { type Observable, Subject } from 'rxjs'
import type { RunResult, Transition } from '../cookie/result.ts'
import type { GcAfterExit } from '../engines/engine.ts'
import { CookietinError, notCleaned, toCookietinError } from '../errors.ts'
import type { HotFunction } from '../functions/function.ts'
import { checkPlatform } from '../functions/platform.ts'
import { PooledFunction } from '../functions/pooled-function.ts'
import { openRemoteFunction } from '../functions/remote-hot-function.ts'
import { type FunctionSpec, type ResolvedSpec, resolveSpec } from '../functions/spec.ts'
import type { ContainerTask } from '../task/task.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { closeOnEvents } from './closing/close-on.ts'
import { type Execution, refusedExecution } from './execution.ts'
import type {
  BytesTask,
  Executor,
  RunAllOptions,
  RunOptions,
  SettledRun,
  SettleOptions,
  Tasks,
  Template,
  TemplateOptions,
  TextTask,
} from './executor.ts'
import { ExecutorFunctionHost } from './function-host.ts'
import { guardedRecorder } from './observers/guarded-log.ts'
import { type ExecutorObserver, guardedObserver } from './observers/instrumentation.ts'
import { type ExecutorOptions, type ResolvedExecutorOptions, resolveExecutorOptions } from './options.ts'
import { Scheduler } from './queue/scheduler.ts'
import { runAll, runAllSettled } from './run-all.ts'
import { readRunAll, runOptions } from './run-options.ts'
import { checkRun, idOf } from './runs/check-run.ts'
import { OpenRuns } from './runs/open-runs.ts'
import { openTemplate } from './template.ts'

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

/** What a spare container that waits takes of the machine's memory, in bytes. */
const spareMemory = 2 * 1024 * 1024

class QueueExecutor implements Executor {
  readonly #options: ResolvedExecutorOptions
  readonly #scheduler: Scheduler
  readonly #host: ExecutorFunctionHost
  readonly #functions = new Set<HotFunction>()
  readonly #templates = new Set<Template>()
  readonly #transitions$ = new Subject<Transition>()
  readonly #runs$ = new Subject<Execution>()
  readonly #runs: OpenRuns
  readonly #observer: ExecutorObserver | undefined
  readonly #unwatch: () => void
  #closing: Promise<void> | undefined

  constructor(options: ResolvedExecutorOptions) {
    this.#options = options
    const recorder = options.history && guardedRecorder(options.history, this.#transitions$)
    const { concurrency, memory, cpus, driver, cookie } = options
    this.#scheduler = new Scheduler(concurrency, {
      memory,
      cpus,
      ...(driver.engine.gpus !== undefined && { gpus: driver.engine.gpus }),
    })
    const onTransition = (transition: Transition) => this.#transitions$.next(transition)
    this.#observer = options.telemetry && guardedObserver(options.telemetry, { driver, functions: this.#functions })
    const { stop } = options
    this.#host = new ExecutorFunctionHost(
      driver,
      this.#scheduler,
      cookie.inspect,
      onTransition,
      stop,
      this.#observer,
      recorder?.called,
    )
    this.#runs = new OpenRuns({
      options,
      scheduler: this.#scheduler,
      transitions$: this.#transitions$,
      runs$: this.#runs$,
      recorder,
      observer: this.#observer,
      isClosing: () => this.#closing !== undefined,
    })
    const unwatch = closeOnEvents(this, options.closeOn)
    const spares = driver.engine.spares$?.subscribe(({ size }) => this.#scheduler.reserve(size * spareMemory))
    this.#unwatch = () => {
      unwatch()
      spares?.unsubscribe()
    }
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
    return this.#runs.executions
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
    try {
      checkKnown(options, runOptions)
      return this.#runs.run(task, options)
    } catch (error) {
      return refusedExecution(idOf(task), toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot run the task'))
    }
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
    const setting = { ...read.limits, isClosed: () => this.#closing !== undefined }
    return read.settle ? runAllSettled(run, tasks, setting) : runAll(run, tasks, setting)
  }

  template(task: BytesTask, options: TemplateOptions): Template<Uint8Array>
  template(task: TextTask, options: TemplateOptions): Template<string>
  template(task: ContainerTask, options: TemplateOptions): Template
  template(task: ContainerTask, options: TemplateOptions): Template {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot make a template: the executor is closed')
    }
    const { driver, stop } = this.#options
    const made = openTemplate(task, options, {
      driver,
      stop,
      run: (task, options) => this.run(task, options),
      closed: template => this.#templates.delete(template),
    })
    this.#templates.add(made)
    return made
  }

  function(spec: FunctionSpec): HotFunction {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot make a function: the executor is closed')
    }
    const resolved = resolveSpec(spec, this.#options.concurrency)
    const task = this.#options.driver.resolve(resolved.task, this.#options.stop)
    checkRun(task, this.#scheduler.total)
    const onClosed = () => void this.#functions.delete(made)
    const made: HotFunction =
      openRemoteFunction(this.#options.driver.engine, task, { host: this.#host, spec: resolved, onClosed }) ??
      this.#localFunction(resolved, onClosed)
    this.#functions.add(made)
    return made
  }

  #localFunction(spec: ResolvedSpec, onClosed: () => void): HotFunction {
    checkPlatform(this.#options.driver.engine)
    return new PooledFunction(this.#host, spec, onClosed)
  }

  onIdle(): Promise<void> {
    return this.#runs.onIdle()
  }

  close(options?: { readonly force?: boolean | undefined }): Promise<void> {
    const force = options?.force ?? false
    this.#closing ??= this.#drain()
    if (force) {
      this.#runs.cancel('the executor is closed')
      for (const each of this.#functions) void each.close({ force }).catch(() => {})
    }
    this.#runs.thaw()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #drain(): Promise<void> {
    const closed = await Promise.allSettled([
      this.onIdle(),
      ...[...this.#functions, ...this.#templates].map(each => each.close()),
    ])
    const failures = closed.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    await this.#host.folders.close().catch(error => failures.push(error))
    this.#unwatch()
    this.#observer?.closed()
    this.#transitions$.complete()
    this.#runs$.complete()
    const left = [...this.#runs.uncleaned, ...failures].filter(failure => this.#options.driver.isLeft(failure))
    if (left.length > 0) throw notCleaned(left)
  }
}
