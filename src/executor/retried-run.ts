import type { Readable } from 'node:stream'
import { BehaviorSubject, type Observable, switchMap } from 'rxjs'
import { createActor } from 'xstate'
import { type CookieState, isSettled } from '../../machines/cookie-states.ts'
import { runMachine } from '../../machines/run.ts'
import type { CookieClock } from '../cookie/clock.ts'
import { factsOf, shownSecrets } from '../cookie/inspectable.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import { labelsIn } from '../cookie/recorder.ts'
import type { RunResult, Transition } from '../cookie/result.ts'
import type { PullProgress } from '../engines/pull-progress.ts'
import { CookietinError, messageOf, notCleaned } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { FailedAttempt, ResolvedRetry } from '../task/retry/types.ts'
import type { StopOptions } from '../task/task.ts'
import { actorParts } from '../utils/actors/actor-parts.ts'
import { stateOf } from '../utils/actors/follow-state.ts'
import { type Inspect, makeInspectable } from '../utils/actors/inspectable.ts'
import { deferred } from '../utils/deferred.ts'
import { JoinedOutput } from './joined-output.ts'

/** What a run with retries needs of its executor. */
export interface RetryHost {
  /** Makes the cookie of one attempt: of the first, or of one with an id of its own. `owner`: the run's actor, once there is one. */
  open(
    task: ResolvedTask,
    attempt: number,
    onTransition: (transition: Transition) => void,
    owner: object | undefined,
  ): OpenCookie
  /** Runs the cookie of an attempt, and resolves with its result. The first has its place; later ones queue for theirs. */
  execute(cookie: OpenCookie, attempt: number): Promise<RunResult>
  /** Gets each transition before anyone who has subscribed. */
  onTransition(transition: Transition): void
  readonly clock: CookieClock
  readonly inspect: Inspect | undefined
  /** For an inspector: runs the task again, and returns the id of the new run. */
  readonly again: (() => string) | undefined
}

const parts = actorParts<RetriedRun>()

const attemptingMachine = runMachine.provide({
  actors: {
    attempt: parts.promise(run => run.attempt()),
    judge: parts.promise((run, { signal }) => run.judge(signal)),
  },
})

/**
 * A task that is run again when an attempt fails. Each attempt is a cookie of its own; the run shows the present one.
 * What it reports is one chain of transitions: the removal of the container of a failed attempt is not among them.
 */
export class RetriedRun {
  readonly id: string
  readonly task: ResolvedTask
  readonly #retry: ResolvedRetry
  readonly #host: RetryHost
  readonly #current$: BehaviorSubject<OpenCookie>
  readonly #actor
  readonly #ended = deferred<void>()
  readonly #stdout = new JoinedOutput()
  readonly #stderr = new JoinedOutput()
  /** The removals of the containers of earlier attempts. */
  readonly #removals: Promise<void>[] = []
  /** The number of the present cookie. */
  #attempt = 1
  /** Why the last attempt failed. */
  #failed: FailedAttempt | undefined
  #isStarted = false
  #result: Promise<RunResult> | undefined
  #closing: Promise<void> | undefined

  constructor(task: ResolvedTask, retry: ResolvedRetry, host: RetryHost) {
    this.id = task.id
    this.task = task
    this.#retry = retry
    this.#host = host
    const { attempts, delay, maxDelay } = retry
    const { inspect, clock } = host
    this.#current$ = new BehaviorSubject(this.#open(task, 1))
    this.#actor = createActor(attemptingMachine, {
      id: `run ${task.id}`,
      input: { id: task.id, attempts, delay, maxDelay, jitter: Math.random() },
      clock,
      ...(inspect === undefined ? {} : { inspect }),
    })
    parts.assign(this.#actor, this)
    if (inspect !== undefined) makeInspectable(this.#actor, this.#shown())
    this.#actor.subscribe({ complete: () => this.#ended.resolve() })
  }

  get state(): CookieState {
    return this.#cookie.state
  }
  get stats$(): Observable<Stat> {
    return this.#current$.pipe(switchMap(({ stats$ }) => stats$))
  }
  get pull$(): Observable<PullProgress> {
    return this.#current$.pipe(switchMap(({ pull$ }) => pull$))
  }
  /** The output of every attempt, one after the other. */
  get stdout(): Readable {
    return this.#stdout.readable(this.#cookie, 'stdout')
  }
  get stderr(): Readable {
    return this.#stderr.readable(this.#cookie, 'stderr')
  }

  /** Begins with the first attempt. Resolves when that has ended, and its place is free. */
  async execute(): Promise<void> {
    const first = this.#cookie
    this.#start()
    await first.result()
  }

  freeze(): Promise<void> {
    return this.#cookie.freeze()
  }

  unfreeze(): Promise<void> {
    return this.#cookie.unfreeze()
  }

  /** Sends a signal to the present attempt. */
  signal(name: string | number): Promise<void> {
    return this.#cookie.signal(name)
  }

  /** Cancels the present attempt. None follows. */
  async cancel(reason?: unknown, stop?: StopOptions): Promise<void> {
    this.#giveUp()
    const cancelled = this.#cookie.cancel(reason, stop)
    this.#start()
    await cancelled
  }

  /** Resolves with how the last attempt ended. Rejects when cookietin or the engine failed it. */
  result(): Promise<RunResult> {
    this.#result ??= this.#untilEnded()
    return this.#result
  }

  /** Removes the containers of all attempts. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Runs the task once. Resolves with true when that failed, for a reason of any kind. */
  async attempt(): Promise<boolean> {
    const cookie = this.#cookie
    const attempt = this.#attempt
    try {
      const { status, exitCode, error, stdout, stderr } = await this.#host.execute(cookie, attempt)
      if (status === 'success' || status === 'cancelled') return false
      this.#failed = { attempt, status, exitCode, error, retryable: error.retryable, stdout, stderr }
    } catch (error) {
      if (!(error instanceof CookietinError)) return false
      const output = this.task.encoding === 'buffer' ? new Uint8Array() : ''
      const { retryable } = error
      const status = 'failed' as const
      this.#failed = { attempt, status, exitCode: undefined, error, retryable, stdout: output, stderr: output }
    }
    return true
  }

  /** Decides whether another attempt follows, and makes its cookie. */
  async judge(signal: AbortSignal): Promise<boolean> {
    if (this.#failed === undefined) return false
    try {
      const wanted: unknown = await this.#retry.when(this.#failed)
      if (wanted !== true || signal.aborted) return false
      // A driver that is closed makes none.
      const number = this.#attempt + 1
      const next = this.#open(Object.freeze({ ...this.task, id: `${this.id}.attempt-${number}` }), number)
      this.#replace(next)
      return true
    } catch (error) {
      const detail = messageOf(error)
      const why = error instanceof CookietinError ? 'it cannot be run again' : '`retry.when` threw an error'
      process.emitWarning(`Run ${this.id} is not retried: ${why}`, { code: 'COOKIETIN_RETRY', detail })
      return false
    }
  }

  get #cookie(): OpenCookie {
    return this.#current$.value
  }

  #replace(next: OpenCookie): void {
    const before = this.#cookie
    this.#attempt += 1
    const from = before.state
    this.#current$.next(next)
    const removal = before.close()
    // Its error is reported by close(); nobody may wait for it yet.
    removal.catch(() => {})
    this.#removals.push(removal)
    this.#stdout.follow(next, 'stdout')
    this.#stderr.follow(next, 'stderr')
    const { id, task } = this
    const more = { attempt: this.#attempt, ...labelsIn(task) }
    this.#host.onTransition({ id, from, to: 'created', event: 'retry', at: Date.now(), ...more })
  }

  /** One that is cancelled before its turn ends by its first attempt, too, which ends at once. */
  #start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#actor.start()
  }

  /** No attempt follows. */
  #giveUp(): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type: 'cancel' })
  }

  #open(task: ResolvedTask, attempt: number): OpenCookie {
    const owner = attempt === 1 ? undefined : this.#actor
    return this.#host.open(task, attempt, transition => this.#follow(attempt, transition), owner)
  }

  #follow(attempt: number, transition: Transition): void {
    if (attempt !== this.#attempt) return
    this.#host.onTransition({ ...transition, id: this.id, ...(attempt > 1 && { attempt }) })
    // The driver was closed: nothing is left to wait for.
    const isOver = isSettled(transition.to) || transition.to === 'closing'
    if (isOver && stateOf(this.#actor) !== 'attempting') this.#giveUp()
    if (transition.to === 'closed') this.#current$.complete()
  }

  async #untilEnded(): Promise<RunResult> {
    await this.#ended.promise
    const { attempt: attempts } = this.#actor.getSnapshot().context
    try {
      const result = await this.#cookie.result()
      return { ...result, id: this.id, attempts }
    } catch (error) {
      if (error instanceof CookietinError && attempts > 1) error.message += ` (attempt ${attempts})`
      throw error
    } finally {
      this.#stdout.end()
      this.#stderr.end()
    }
  }

  async #close(): Promise<void> {
    const closing = this.#cookie.close()
    this.#start()
    const closed = await Promise.allSettled([...this.#removals, closing])
    const failures = closed.filter(outcome => outcome.status === 'rejected')
    if (failures.length === 1) throw failures[0]?.reason
    if (failures.length > 1) throw notCleaned(failures.map(({ reason }) => reason as unknown))
  }

  #shown() {
    const { image, command, labels } = this.task
    const shown = { image, command, labels, task: factsOf(this.task), secrets: shownSecrets(this.task) }
    const again = this.#host.again && { again: this.#host.again }
    return { ...shown, members: [this.#cookie.actor], cancel: (reason: unknown) => this.cancel(reason), ...again }
  }
}
