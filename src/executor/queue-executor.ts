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
import { openRemoteFunction } from '../functions/remote-hot-function.ts'
import { type FunctionSpec, type ResolvedSpec, resolveSpec } from '../functions/spec.ts'
import type { ContainerTask, ResolvedTask } from '../task/task.ts'
import { onAbort } from '../utils/abort.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { closeOnEvents } from './closing/close-on.ts'
import { type Execution, executionOf, type Handle, refusedExecution } from './execution.ts'
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
import {
  type ContainerObserver,
  type ExecutorObserver,
  guardedObserver,
  observeRefusal,
  withObserved,
} from './observers/instrumentation.ts'
import type { RunRecorder } from './observers/run-log.ts'
import { type ExecutorOptions, type ResolvedExecutorOptions, resolveExecutorOptions } from './options.ts'
import { Scheduler } from './queue/scheduler.ts'
import { QueuedRun, type RunHost, type RunOutcome } from './queued-run.ts'
import { RetriedRun } from './retried-run.ts'
import { runAll, runAllSettled } from './run-all.ts'
import { readRunAll, runOptions } from './run-options.ts'
import { againOf } from './runs/again.ts'
import { checkRun, idOf } from './runs/check-run.ts'
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
  /** Every run whose containers are not removed yet. */
  readonly #runs = new Map<QueuedRun, Handle>()
  /** What ends the listening to a run's signal. */
  readonly #releases = new Map<QueuedRun, () => void>()
  readonly #runHost: RunHost
  readonly #uncleaned: unknown[] = []
  readonly #recorder: RunRecorder | undefined
  readonly #observer: ExecutorObserver | undefined
  readonly #observed = new Map<QueuedRun, ContainerObserver>()
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
      this.#recorder?.called,
    )
    this.#runHost = {
      cookie,
      now: () => driver.clock.now?.() ?? performance.now(),
      open: run => this.#open(run),
      changed: (run, transition) => this.#changed(run, transition),
      ended: (run, outcome) => void this.#ended(run, outcome),
    }
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
    return executionsOf(this.#runs.values())
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
      return this.#run(task, options)
    } catch (error) {
      return refusedExecution(idOf(task), toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot run the task'))
    }
  }

  /**
   * Queues a task.
   *
   * @throws CookietinError for one that is refused.
   */
  #run(task: ContainerTask, options: RunOptions | undefined): Execution {
    const run = this.#accept(task, options ?? {})
    const { id } = run
    const handle = executionOf(run)
    this.#runs.set(run, handle)
    this.#runs$.next(handle.execution)
    const created = { id, from: undefined, to: 'created', event: 'queue', at: Date.now() } as const
    this.#transitions$.next({ ...created, ...labelsIn(run.task) })
    const { signal } = options ?? {}
    if (signal)
      this.#releases.set(
        run,
        onAbort(signal, () => run.cancel(signal.reason)),
      )
    // A subscriber may have cancelled it.
    if (run.state === 'created') this.#queue(run.task, run.priority, () => run.turn())
    return handle.execution
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

  async onIdle(): Promise<void> {
    if (this.#runs.size === 0) return
    await new Promise<void>(resolve => this.#idlers.push(resolve))
  }

  close({ force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
    this.#closing ??= this.#drain()
    if (force) {
      for (const run of this.#runs.keys()) {
        // A program that is ending keeps its time, until a close is forced once more.
        if (this.#isForced || run.state !== 'terminating') run.cancel('the executor is closed')
      }
      for (const each of this.#functions) void each.close({ force }).catch(() => {})
      this.#isForced = true
    }
    // The clock of a frozen run stands: without this it would never end.
    for (const run of this.#runs.keys()) thaw(run)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #accept(given: ContainerTask, options: RunOptions): QueuedRun {
    if (this.#closing !== undefined) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot run the task: the executor is closed')
    }
    const { driver, stop, cookie } = this.#options
    const task = driver.resolve(given, stop)
    const retry = checkRun(task, this.#scheduler.total, options) ?? task.retry ?? driver.engine.retryOf?.(task)
    const again = cookie.inspect && againOf(task, id => this.#runAgain({ ...given, id }, options))
    const plan = { priority: options.priority ?? 0, retry, previous: driver.prepare(task), again }
    const observer = this.#observer?.container({ task, functionName: undefined })
    const run = new QueuedRun(withObserved(task, observer), plan, this.#runHost)
    if (observer !== undefined) this.#observed.set(run, observer)
    try {
      // An inspector shows also what waits.
      if (driver.canDefer(task) && cookie.inspect === undefined) run.follow()
      else run.open()
    } catch (error) {
      this.#observed.delete(run)
      observeRefusal(observer, task, error)
      throw error
    }
    driver.hold(run)
    this.#recorder?.created(task)
    return run
  }

  /** For an inspector. Nobody waits for the result, which the page shows. */
  #runAgain(task: ContainerTask, { priority, retry }: RunOptions): void {
    this.#run(task, { priority, retry }).catch(() => {})
  }

  /** Makes the cookie of a run, or the attempts of one. */
  #open(run: QueuedRun): OpenCookie | RetriedRun {
    const { driver, cookie } = this.#options
    const { task, retry, priority, previous, since, streams, again } = run
    const held = { ...cookie, previous, since, streams }
    const onTransition = (transition: Transition) => run.report(transition)
    if (retry === undefined) return driver.openHeld(task, { ...held, again, onTransition })
    return new RetriedRun(task, retry, {
      clock: driver.clock,
      inspect: cookie.inspect,
      again,
      onTransition,
      open: (task, attempt, onTransition, owner) =>
        attempt === 1
          ? driver.openHeld(task, { ...held, onTransition })
          : driver.open(task, { ...cookie, onTransition, owner }),
      execute: (cookie, attempt) => (attempt === 1 ? cookie.execute() : this.#executeAgain(cookie, priority)),
    })
  }

  /** A later attempt takes its turn in the queue. */
  async #executeAgain(attempt: OpenCookie, priority: number): Promise<RunResult> {
    if (attempt.state === 'created') {
      this.#queue(attempt.task, priority, async () => {
        await undefined
        await attempt.execute()
      })
    }
    try {
      return await attempt.result()
    } finally {
      this.#scheduler.withdraw(attempt.id)
    }
  }

  #queue(task: ResolvedTask, priority: number, turn: () => Promise<unknown>): void {
    this.#scheduler.add({ id: task.id, priority, demand: demandOf(task, this.#scheduler.total) }, turn)
  }

  #changed(run: QueuedRun, transition: Transition): void {
    this.#observed.get(run)?.changed(transition, run)
    this.#transitions$.next(transition)
    if (transition.to === 'frozen' && this.#closing !== undefined) thaw(run)
    if (transition.to === 'closed') this.#options.driver.release(run)
  }

  /** Removes what a run has made, and gives its result after it is recorded. */
  async #ended(run: QueuedRun, outcome: RunOutcome): Promise<void> {
    const handle = this.#runs.get(run)
    this.#releases.get(run)?.()
    this.#releases.delete(run)
    // One that ended in the queue must leave it.
    this.#scheduler.withdraw(run.id)
    const { task } = run
    const { result, error } = outcome
    const end = result === undefined ? { task, error: error as CookietinError } : { task, result }
    this.#observed.get(run)?.ended(end)
    void this.#closeRun(run)
    if (this.#recorder !== undefined) await this.#recorder.ended(end)
    if (result === undefined) handle?.reject(error)
    else handle?.resolve(result)
  }

  async #closeRun(run: QueuedRun): Promise<void> {
    let left: unknown
    try {
      await run.close()
    } catch (error) {
      left = error
      this.#uncleaned.push(error)
    }
    this.#observed.get(run)?.closed(left)
    this.#observed.delete(run)
    this.#runs.delete(run)
    if (this.#runs.size > 0) return
    for (const resolve of this.#idlers.splice(0)) resolve()
  }

  async #drain(): Promise<void> {
    const closed = await Promise.allSettled([
      this.onIdle(),
      ...[...this.#functions, ...this.#templates].map(each => each.close()),
    ])
    for (const outcome of closed) if (outcome.status === 'rejected') this.#uncleaned.push(outcome.reason)
    await this.#host.folders.close().catch(error => this.#uncleaned.push(error))
    this.#unwatch()
    this.#observer?.closed()
    this.#transitions$.complete()
    this.#runs$.complete()
    const left = this.#uncleaned.filter(failure => this.#options.driver.isLeft(failure))
    if (left.length > 0) throw notCleaned(left)
  }
}

function* executionsOf(handles: Iterable<Handle>): Generator<Execution, void, undefined> {
  for (const { execution } of handles) yield execution
}

/** Asks for it once; a run that has ended meanwhile cannot be thawed. */
function thaw(run: QueuedRun): void {
  if (run.state === 'frozen' || run.state === 'freezing') run.unfreeze().catch(() => {})
}
