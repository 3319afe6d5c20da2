import type { Subject } from 'rxjs'
import type { OpenCookie } from '../../cookie/open-cookie.ts'
import { labelsIn } from '../../cookie/recorder.ts'
import type { RunResult, Transition } from '../../cookie/result.ts'
import { CookietinError } from '../../errors.ts'
import { demandOf } from '../../functions/launch.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import type { ContainerTask } from '../../task/task.ts'
import { onAbort } from '../../utils/abort.ts'
import { type Execution, executionOf, type Handle } from '../execution.ts'
import type { RunOptions } from '../executor.ts'
import {
  type ContainerObserver,
  type ExecutorObserver,
  observeRefusal,
  withObserved,
} from '../observers/instrumentation.ts'
import type { RunRecorder } from '../observers/run-log.ts'
import type { ResolvedExecutorOptions } from '../options.ts'
import type { Scheduler } from '../queue/scheduler.ts'
import { QueuedRun, type RunHost, type RunOutcome } from '../queued-run.ts'
import { RetriedRun } from '../retried-run.ts'
import { againOf } from './again.ts'
import { checkRun } from './check-run.ts'

/** What the runs of an executor share. */
export interface OpenRunsParts {
  readonly options: ResolvedExecutorOptions
  readonly scheduler: Scheduler
  readonly transitions$: Subject<Transition>
  readonly runs$: Subject<Execution>
  readonly recorder: RunRecorder | undefined
  readonly observer: ExecutorObserver | undefined
  /** True once the executor closes: no run is taken, and none stays frozen. */
  readonly isClosing: () => boolean
}

/** The runs of one executor, from their call until their containers are removed. */
export class OpenRuns {
  readonly #parts: OpenRunsParts
  readonly #host: RunHost
  readonly #runs = new Map<QueuedRun, Handle>()
  /** What ends the listening to a run's signal. */
  readonly #releases = new Map<QueuedRun, () => void>()
  readonly #observed = new Map<QueuedRun, ContainerObserver>()
  readonly #uncleaned: unknown[] = []
  #idlers: (() => void)[] = []
  #isForced = false

  constructor(parts: OpenRunsParts) {
    this.#parts = parts
    const { cookie, driver } = parts.options
    this.#host = {
      cookie,
      now: () => driver.clock.now?.() ?? performance.now(),
      open: run => this.#open(run),
      changed: (run, transition) => this.#changed(run, transition),
      ended: (run, outcome) => void this.#ended(run, outcome),
    }
  }

  get size(): number {
    return this.#runs.size
  }

  get executions(): Iterable<Execution> {
    return executionsOf(this.#runs.values())
  }

  /** The errors of removals that have failed. */
  get uncleaned(): readonly unknown[] {
    return this.#uncleaned
  }

  /**
   * Queues a task.
   *
   * @throws CookietinError for one that is refused.
   */
  run(task: ContainerTask, options: RunOptions | undefined): Execution {
    const { transitions$, runs$ } = this.#parts
    const run = this.#accept(task, options ?? {})
    const { id } = run
    const handle = executionOf(run)
    this.#runs.set(run, handle)
    runs$.next(handle.execution)
    const created = { id, from: undefined, to: 'created', event: 'queue', at: Date.now() } as const
    transitions$.next({ ...created, ...labelsIn(run.task) })
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

  async onIdle(): Promise<void> {
    if (this.#runs.size === 0) return
    await new Promise<void>(resolve => this.#idlers.push(resolve))
  }

  /** Cancels every run. A program that is ending keeps its time, until this is called once more. */
  cancel(reason: string): void {
    for (const run of this.#runs.keys()) if (this.#isForced || run.state !== 'terminating') run.cancel(reason)
    this.#isForced = true
  }

  /** Thaws every run: the clock of a frozen one stands, so that it would never end. */
  thaw(): void {
    for (const run of this.#runs.keys()) thaw(run)
  }

  #accept(given: ContainerTask, options: RunOptions): QueuedRun {
    if (this.#parts.isClosing()) {
      throw new CookietinError('ERR_COOKIETIN_CLOSED', 'Cannot run the task: the executor is closed')
    }
    const { scheduler, observer, recorder } = this.#parts
    const { driver, stop, cookie } = this.#parts.options
    const task = driver.resolve(given, stop)
    const retry = checkRun(task, scheduler.total, options) ?? task.retry ?? driver.engine.retryOf?.(task)
    const again = cookie.inspect && againOf(task, id => this.#runAgain({ ...given, id }, options))
    const plan = { priority: options.priority ?? 0, retry, previous: driver.prepare(task), again }
    const observed = observer?.container({ task, functionName: undefined })
    const run = new QueuedRun(withObserved(task, observed), plan, this.#host)
    if (observed !== undefined) this.#observed.set(run, observed)
    try {
      // An inspector shows also what waits.
      if (driver.canDefer(task) && cookie.inspect === undefined) run.follow()
      else run.open()
    } catch (error) {
      this.#observed.delete(run)
      observeRefusal(observed, task, error)
      throw error
    }
    driver.hold(run)
    recorder?.created(task)
    return run
  }

  /** For an inspector. Nobody waits for the result, which the page shows. */
  #runAgain(task: ContainerTask, { priority, retry }: RunOptions): void {
    this.run(task, { priority, retry }).catch(() => {})
  }

  /** Makes the cookie of a run, or the attempts of one. */
  #open(run: QueuedRun): OpenCookie | RetriedRun {
    const { driver, cookie } = this.#parts.options
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
      this.#parts.scheduler.withdraw(attempt.id)
    }
  }

  #queue(task: ResolvedTask, priority: number, turn: () => Promise<unknown>): void {
    const { scheduler } = this.#parts
    scheduler.add({ id: task.id, priority, demand: demandOf(task, scheduler.total) }, turn)
  }

  #changed(run: QueuedRun, transition: Transition): void {
    const { transitions$, options, isClosing } = this.#parts
    this.#observed.get(run)?.changed(transition, run)
    transitions$.next(transition)
    if (transition.to === 'frozen' && isClosing()) thaw(run)
    if (transition.to === 'closed') options.driver.release(run)
  }

  /** Removes what a run has made, and gives its result after it is recorded. */
  async #ended(run: QueuedRun, outcome: RunOutcome): Promise<void> {
    const { scheduler, recorder } = this.#parts
    const handle = this.#runs.get(run)
    this.#releases.get(run)?.()
    this.#releases.delete(run)
    // One that ended in the queue must leave it.
    scheduler.withdraw(run.id)
    const { task } = run
    const { result, error } = outcome
    const end = result === undefined ? { task, error: error as CookietinError } : { task, result }
    this.#observed.get(run)?.ended(end)
    void this.#close(run)
    if (recorder !== undefined) await recorder.ended(end)
    if (result === undefined) handle?.reject(error)
    else handle?.resolve(result)
  }

  async #close(run: QueuedRun): Promise<void> {
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
}

function* executionsOf(handles: Iterable<Handle>): Generator<Execution, void, undefined> {
  for (const { execution } of handles) yield execution
}

/** Asks for it once; a run that has ended meanwhile cannot be thawed. */
function thaw(run: QueuedRun): void {
  if (run.state === 'frozen' || run.state === 'freezing') run.unfreeze().catch(() => {})
}
