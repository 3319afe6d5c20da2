import type { Readable } from 'node:stream'
import { defer, EMPTY, type Observable, Subject } from 'rxjs'
import type { CookieState } from '../../machines/cookie-states.ts'
import { cancelledResult } from '../cookie/build-result.ts'
import type { CookieOptions } from '../cookie/cookie.ts'
import type { OpenCookie } from '../cookie/open-cookie.ts'
import { labelsIn, stateOfTransitions, toMicroseconds } from '../cookie/recorder.ts'
import { cannot, readSignal } from '../cookie/requests.ts'
import type { RunResult, Transition } from '../cookie/result.ts'
import { checkGivenStop } from '../cookie/stop.ts'
import { CookieStreams, hasStreams } from '../cookie/streams.ts'
import type { PullProgress } from '../engines/pull-progress.ts'
import { toCookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { ResolvedRetry } from '../task/retry/types.ts'
import type { StopOptions } from '../task/task.ts'
import type { RetriedRun } from './retried-run.ts'

/** How a run ended. */
export type RunOutcome =
  | { readonly result: RunResult; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: unknown }

/** What the runs of one executor share. */
export interface RunHost {
  readonly cookie: CookieOptions
  /** Monotonic milliseconds. */
  now(): number
  /** Makes the cookie of a run, or its attempts. */
  open(run: QueuedRun): OpenCookie | RetriedRun
  /** Called at each change of its state. */
  changed(run: QueuedRun, transition: Transition): void
  /** Called once, when it has settled. */
  ended(run: QueuedRun, outcome: RunOutcome): void
}

/** What a run does besides its task. */
export interface RunPlan {
  readonly priority: number
  /** Undefined for one attempt. */
  readonly retry: ResolvedRetry | undefined
  /** Settles when an earlier run of the same id is closed. */
  readonly previous: Promise<unknown> | undefined
  /** For an inspector: runs the task again, and returns the id of the new run. */
  readonly again?: (() => string) | undefined
}

/**
 * A task that an executor has accepted. While it waits it is little more than the task: its cookie, with its actor, streams and samples, is
 * made when its turn comes, or when somebody asks for what only a cookie has. A run that ends before that never has one.
 */
export class QueuedRun {
  readonly task: ResolvedTask
  readonly priority: number
  readonly retry: ResolvedRetry | undefined
  readonly previous: Promise<unknown> | undefined
  readonly again: (() => string) | undefined
  /** When it was queued, by the driver's clock. */
  readonly since: number
  readonly #host: RunHost
  #source: OpenCookie | RetriedRun | undefined
  /** The state that it has reached without a cookie. */
  #state: CookieState = 'created'
  #transitions$: Subject<Transition> | undefined
  #streams: CookieStreams | undefined

  constructor(task: ResolvedTask, { priority, retry, previous, again }: RunPlan, host: RunHost) {
    this.task = task
    this.priority = priority
    this.retry = retry
    this.previous = previous
    this.again = again
    this.since = host.now()
    this.#host = host
  }

  get id(): string {
    return this.task.id
  }
  get state(): CookieState {
    return this.#source?.state ?? this.#state
  }
  get transitions$(): Observable<Transition> {
    if (this.#transitions$ === undefined) {
      this.#transitions$ = new Subject()
      if (this.state === 'closed') this.#transitions$.complete()
    }
    return this.#transitions$
  }
  /** The present state first, then each that follows. Completes when everything of the run is removed. */
  get state$(): Observable<CookieState> {
    return stateOfTransitions(this.transitions$, () => this.state)
  }
  get stats$(): Observable<Stat> {
    return defer(() => this.#opened()?.stats$ ?? EMPTY)
  }
  get pull$(): Observable<PullProgress> {
    return defer(() => this.#opened()?.pull$ ?? EMPTY)
  }
  get stdout(): Readable {
    return this.#output('stdout')
  }
  get stderr(): Readable {
    return this.#output('stderr')
  }
  /** Its streams, where they were made before its cookie. */
  get streams(): CookieStreams | undefined {
    return this.#streams
  }

  async freeze(): Promise<void> {
    if (this.#source === undefined) throw cannot('freeze', this.id, this.#state)
    await this.#source.freeze()
  }

  async unfreeze(): Promise<void> {
    if (this.#source === undefined) throw cannot('unfreeze', this.id, this.#state)
    await this.#source.unfreeze()
  }

  async signal(name: string | number): Promise<void> {
    readSignal(this.id, name)
    if (this.#source === undefined) throw cannot('signal', this.id, this.#state)
    await this.#source.signal(name)
  }

  cancel(reason?: unknown, stop?: StopOptions): void {
    checkGivenStop(stop)
    if (this.#source !== undefined) void this.#source.cancel(reason, stop)
    else if (this.#state === 'created') this.#endWaiting('cancel', reason)
  }

  /** It is going to wait: streams of the caller may fail meanwhile. */
  follow(): void {
    if (hasStreams(this.task)) this.#streams = new CookieStreams(this.task, this.#host.cookie)
  }

  /** Makes the cookie now. Does nothing where it is made, or where the run has ended. */
  open(): void {
    this.#opened()
  }

  /** Its turn: runs the task. Resolves when the place is free again, which the attempts of a run each take for themselves. */
  async turn(): Promise<void> {
    // A caller that subscribes right after run() sees the run created.
    await undefined
    try {
      await this.#opened()?.execute()
    } catch (error) {
      // A cookie has reported its own.
      if (this.#source === undefined) this.#fail(error)
    }
  }

  /** Ends the run where it waits, and removes everything of it. */
  close(): Promise<void> {
    if (this.#source !== undefined) return this.#source.close()
    if (this.#state === 'created') this.#endWaiting('close', undefined)
    if (this.#state !== 'closed') {
      this.#change('closing', 'close')
      this.#change('closed', 'xstate.done.actor.0.cookie.closing')
      this.#transitions$?.complete()
    }
    return Promise.resolve()
  }

  #opened(): OpenCookie | RetriedRun | undefined {
    if (this.#source !== undefined || this.#state !== 'created') return this.#source
    const source = this.#host.open(this)
    this.#source = source
    source.result().then(
      result => this.#host.ended(this, { result }),
      (error: unknown) => this.#host.ended(this, { error }),
    )
    return source
  }

  /** A transition of its cookie. */
  report(transition: Transition): void {
    this.#host.changed(this, transition)
    this.#transitions$?.next(transition)
    if (transition.to === 'closed') this.#transitions$?.complete()
  }

  #output(name: 'stdout' | 'stderr'): Readable {
    const source = this.#source ?? (this.retry === undefined ? undefined : this.#opened())
    if (source !== undefined) return source[name]
    this.#streams ??= new CookieStreams(this.task, this.#host.cookie)
    return this.#streams[name].readable
  }

  #endWaiting(event: 'cancel' | 'close', reason: unknown): void {
    const streams = this.#endStreams()
    const timings = { created: toMicroseconds(this.#host.now() - this.since) }
    this.#change('cancelled', event)
    const settle = () => this.#host.ended(this, { result: cancelledResult(this.task, { reason, streams, timings }) })
    // Whoever called finds the run cancelled before its result is given.
    void Promise.resolve(streams.flushed()).then(settle)
  }

  #fail(error: unknown): void {
    this.#endStreams()
    this.#change('failed', 'prepare')
    const doing = 'Cannot run the task'
    this.#host.ended(this, {
      error: toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', doing, { cookieId: this.id }),
    })
  }

  /** The input is released, and the outputs end. */
  #endStreams(): CookieStreams {
    this.#streams ??= new CookieStreams(this.task, this.#host.cookie)
    this.#streams.end({ wasTaken: false, isTruncated: false })
    return this.#streams
  }

  #change(to: CookieState, event: string): void {
    const { id, state: from } = this
    this.#state = to
    const transition = { id, from, to, event, at: Date.now(), ...labelsIn(this.task) }
    this.#host.changed(this, transition)
    this.#transitions$?.next(transition)
  }
}
