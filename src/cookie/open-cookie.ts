import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { EMPTY, type Observable } from 'rxjs'
import { createActor } from 'xstate'
import { type CookieState, isSettled, type SettledState } from '../../machines/cookie-states.ts'
import { collectionFailureOf } from '../../machines/outcome.ts'
import type { CookieContext } from '../../machines/types/cookie.ts'
import type { EngineContainer } from '../engines/engine.ts'
import type { PullProgress } from '../engines/pull-progress.ts'
import { CookietinError, toCookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { StopOptions } from '../task/task.ts'
import { onAbort } from '../utils/abort.ts'
import { makeInspectable } from '../utils/actors/inspectable.ts'
import { checkSignal } from '../utils/validation/signal.ts'
import { noArtifacts } from './artifacts/artifacts.ts'
import { Collector } from './artifacts/collect.ts'
import type { Artifacts } from './artifacts/types.ts'
import { resultOf } from './build-result.ts'
import { type CookieClock, processClock } from './clock.ts'
import type { Cookie, CookieOptions, WaitResult } from './cookie.ts'
import { assignParts, engineCookieMachine } from './cookie-actor.ts'
import { TaskFiles } from './files/task-files.ts'
import { type Belongings, inspectableCookie } from './inspectable.ts'
import { type CookieActor, Recorder } from './recorder.ts'
import { cannot, cannotPrepare, cannotSignal, lostEnd, readSignal } from './requests.ts'
import type { RunResult, Transition } from './result.ts'
import { Sampler } from './sampler.ts'
import { givenStop, stopOf } from './stop.ts'
import { CookieStreams } from './streams.ts'

const defaultMaxStats = 240

/** The states in which a signal reaches the program, at once or when it has started. */
const reachable: ReadonlySet<CookieState> = new Set(['starting', 'running', 'terminating'])

const isBeyondPreparing = (state: CookieState) => state !== 'created' && state !== 'preparing'

/** A cookie's options, with those that only a driver sets. */
export interface OpenCookieOptions extends CookieOptions, Belongings {
  readonly clock?: CookieClock | undefined
  /** Settles when an earlier cookie of the same id is closed. It never rejects. */
  readonly previous?: Promise<unknown> | undefined
  /**
   * When the task was queued, by the clock.
   *
   * @default now
   */
  readonly since?: number | undefined
  /** Its streams, where they were needed before the cookie. */
  readonly streams?: CookieStreams | undefined
  /** Gets each transition before anyone who has subscribed. */
  readonly onTransition?: ((transition: Transition) => void) | undefined
}

interface SignalOption {
  readonly signal?: AbortSignal | undefined
}

/** The implementation of {@link Cookie}: joins its machine to a container of an engine. */
export class OpenCookie implements Cookie {
  readonly id: string
  readonly task: ResolvedTask
  readonly actor: CookieActor
  readonly #container: EngineContainer
  readonly #streams: CookieStreams
  /** Undefined for a task without files. */
  readonly #files: TaskFiles | undefined
  /** Undefined for a task without artifacts. */
  readonly #collector: Collector | undefined
  readonly #recorder: Recorder
  readonly #sampler: Sampler
  #settled: SettledState | undefined
  #started = false
  #result: Promise<RunResult> | undefined
  #run: Promise<WaitResult> | undefined
  #closing: Promise<void> | undefined

  constructor(task: ResolvedTask, container: EngineContainer, options: OpenCookieOptions) {
    const { clock = processClock, previous, since, streams, onTransition } = options
    this.id = task.id
    this.task = task
    this.#container = container
    this.#streams = streams ?? new CookieStreams(task, options)
    this.#streams.onOverflow = () => this.actor.send({ type: 'overflow' })
    this.#files = task.files.length === 0 ? undefined : new TaskFiles(task.files)
    this.#collector = task.artifacts.length === 0 ? undefined : new Collector(task)
    this.#sampler = new Sampler(container.stats$, {
      maxStats: options.maxStats ?? defaultMaxStats,
      extremes: options.statExtremes ?? false,
      onStat: task.onStat,
      delay: container.samplingDelay,
    })
    this.actor = createActor(engineCookieMachine, {
      id: task.id,
      input: {
        id: task.id,
        timeout: task.timeout,
        ...stopOf(task, container),
        ...(this.#collector !== undefined && { artifactsTimeout: task.artifactsTimeout }),
      },
      ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
      clock,
    })
    assignParts(this.actor, {
      container,
      streams: this.#streams,
      input: this.#streams.input,
      files: this.#files,
      collector: this.#collector,
      previous,
      release: () => this.#streams.release(),
    })
    if (options.inspect !== undefined) makeInspectable(this.actor, inspectableCookie(this, options))
    this.#recorder = new Recorder(task, this.actor, {
      since,
      onTransition: transition => {
        // First: whoever is told finds the outputs ended when the cookie settles.
        this.#follow(transition.from, transition.to)
        onTransition?.(transition)
      },
    })
    this.actor.start()
  }

  get state(): CookieState {
    return this.#recorder.state
  }
  get state$(): Observable<CookieState> {
    return this.#recorder.state$
  }
  get transitions$(): Observable<Transition> {
    return this.#recorder.transitions$
  }
  get stats$(): Observable<Stat> {
    return this.#sampler.stats$
  }
  get pull$(): Observable<PullProgress> {
    return this.#container.pull$ ?? EMPTY
  }
  get containerOptions(): object {
    return this.#container.options
  }
  get stdout(): Readable {
    return this.#streams.stdout.readable
  }
  get stderr(): Readable {
    return this.#streams.stderr.readable
  }

  async prepare(options?: SignalOption): Promise<void> {
    const signal = options?.signal
    checkSignal(signal)
    const release = onAbort(signal, () => this.#cancel(signal?.reason))
    if (this.state === 'created') this.actor.send({ type: 'prepare' })
    const state = await this.#recorder.until(isBeyondPreparing)
    release()
    if (this.#settled === 'failed') throw this.#failure()
    if (isSettled(state)) throw cannotPrepare(this.id, state, this.actor.getSnapshot().context.reason)
    if (state === 'closing' || state === 'closed') throw this.#invalidState('prepare')
  }

  async run(options?: SignalOption): Promise<WaitResult> {
    const signal = options?.signal
    checkSignal(signal)
    if (this.#settled !== undefined) throw this.#invalidState('run')
    this.#run ??= this.#start()
    this.cancelOn(signal)
    return await this.#run
  }

  async #start(): Promise<WaitResult> {
    if (this.state === 'created') this.actor.send({ type: 'prepare' })
    await this.#recorder.until(isBeyondPreparing)
    if (this.state === 'prepared') this.actor.send({ type: 'run' })
    // A subscriber calls this in the middle of a transition. The machine takes the event after that.
    await undefined
    if (this.state === 'starting') await this.#recorder.until(state => state !== 'starting')
    if (this.#settled === 'failed') throw this.#failure()
    return {
      wait: async options => {
        const signal = options?.signal
        checkSignal(signal)
        this.cancelOn(signal)
        return await this.result()
      },
    }
  }

  /** Runs it to its end: as `run()` and `wait()`, in one. */
  execute(): Promise<RunResult> {
    if (this.state === 'created') this.actor.send({ type: 'prepare' })
    void this.#recorder.until(isBeyondPreparing).then(() => {
      if (this.state === 'prepared') this.actor.send({ type: 'run' })
    })
    return this.result()
  }

  async freeze(): Promise<void> {
    await this.#request('freeze', 'frozen')
  }

  async unfreeze(): Promise<void> {
    await this.#request('unfreeze', 'running')
  }

  async #request(type: 'freeze' | 'unfreeze', goal: 'frozen' | 'running'): Promise<void> {
    if (this.state === goal) return
    if (!this.actor.getSnapshot().can({ type })) throw this.#invalidState(type)
    this.actor.send({ type })
    // A subscriber calls this in the middle of a transition. The machine takes the event after that.
    await undefined
    const state = await this.#recorder.until(state => state !== 'freezing' && state !== 'unfreezing')
    if (state === goal) return
    const { requestError } = this.actor.getSnapshot().context
    if (requestError === undefined) throw this.#invalidState(type)
    throw this.#own(requestError, `Cannot ${type} cookie ${this.id}`)
  }

  async signal(name: string | number): Promise<void> {
    const signal = readSignal(this.id, name)
    if (!reachable.has(this.state)) throw this.#invalidState('signal')
    if (signal === 'SIGKILL') return await this.kill()
    if (this.#container.signal === undefined) throw cannotSignal(this.id)
    await this.#container.signal(signal).catch(error => {
      throw this.#own(error, `Cannot signal cookie ${this.id}`)
    })
  }

  async kill(): Promise<void> {
    if (this.#settled !== undefined) return
    this.actor.send({ type: 'kill' })
    await this.#recorder.until(isSettled)
  }

  cancel(reason?: unknown, stop?: StopOptions): Promise<void> {
    const event = { type: 'cancel', reason, ...givenStop(stop, this.#container) } as const
    if (this.#settled !== undefined) return Promise.resolve()
    this.actor.send(event)
    return this.#recorder.until(isSettled).then(() => {})
  }

  /** The container's id on its engine, once it is created. */
  get containerId(): string | undefined {
    return this.#container.id
  }

  /** Which image the container was made of, once that is known. */
  get imageDigest(): string | undefined {
    return this.#container.imageDigest
  }

  /** The container's name on its engine. */
  get containerName(): string {
    return this.#container.name
  }

  /** Calls back with every chunk of output from now on. */
  watchOutput(onChunk: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void): void {
    this.#streams.stdout.onChunk = chunk => onChunk('stdout', chunk)
    this.#streams.stderr.onChunk = chunk => onChunk('stderr', chunk)
  }

  /** Resolves with how the task ended. Rejects when the implementation failed. */
  result(): Promise<RunResult> {
    this.#result ??= this.#untilSettled()
    return this.#result
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** `console.log` prints what a cookie is, and not its machine. */
  [inspect.custom](): object {
    return { cookie: this.id, image: this.task.image, state: this.state }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Cancels the cookie when the signal is aborted, until it has settled. */
  cancelOn(signal: AbortSignal | undefined): void {
    if (this.#settled !== undefined) return
    const release = onAbort(signal, () => this.#cancel(signal?.reason))
    if (signal) void this.#recorder.until(isSettled).then(release)
  }

  async #close(): Promise<void> {
    if (this.state !== 'closed') this.actor.send({ type: 'close' })
    if (this.#settled === undefined) await this.#recorder.until(isSettled)
    // The machine would close by itself, but by its own clock, which a test may drive.
    if (isSettled(this.state)) this.actor.send({ type: 'close' })
    await this.#recorder.until(state => state === 'closed')
    const { closeError } = this.actor.getSnapshot().context
    if (closeError !== undefined) throw this.#own(closeError, `Cannot remove what cookie ${this.id} made`)
  }

  /** For an abort. Only a second request of the caller's own shortens the time of a program that is ending. */
  #cancel(reason: unknown): void {
    if (this.#settled === undefined && this.state !== 'terminating') this.actor.send({ type: 'cancel', reason })
  }

  #follow(from: CookieState | undefined, to: CookieState): void {
    if (from === 'starting' && to === 'running') this.#sampler.start()
    if (to === 'starting') this.#started = true
    if (to === 'prepared') this.#files?.release()
    if (isSettled(to)) this.#settled = to
    else if (to !== 'collecting') return
    if (from !== 'collecting') this.#endStreams()
  }

  #endStreams(): void {
    this.#files?.release()
    this.#sampler.stop()
    const { exit } = this.actor.getSnapshot().context
    this.#streams.end({ wasTaken: this.#started, isTruncated: this.#started && (exit?.outputTruncated ?? true) })
  }

  async #untilSettled(): Promise<RunResult> {
    if (this.#settled === undefined) await this.#recorder.until(isSettled)
    if (this.#settled === undefined || this.#settled === 'failed') throw this.#failure()
    const flushed = this.#streams.flushed()
    if (flushed !== undefined) await flushed
    const { context } = this.actor.getSnapshot()
    return resultOf({
      state: this.#settled,
      context,
      labels: this.task.labels,
      encoding: this.task.encoding,
      stdout: this.#streams.stdout,
      stderr: this.#streams.stderr,
      stats: this.#sampler.points,
      timings: this.#recorder.timings,
      artifacts: this.#artifacts(context),
      leaked: this.#started && context.exit === undefined ? [this.#container.name] : [],
    })
  }

  #artifacts(context: CookieContext): Artifacts {
    if (this.#collector === undefined) return noArtifacts
    const failure = collectionFailureOf(context)
    if (failure === undefined) return this.#collector.result(undefined)
    const { code, message } = failure
    const cause = context.artifactsError
    return this.#collector.result(new CookietinError(code, message, { cookieId: this.id, cause }))
  }

  #failure(): CookietinError {
    const { error } = this.actor.getSnapshot().context
    return error === undefined ? lostEnd(this.id, this.#container.name) : this.#own(error, `Cookie ${this.id} failed`)
  }

  #own(error: unknown, doing: string): CookietinError {
    return toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', doing, { cookieId: this.id })
  }

  #invalidState(request: string): CookietinError {
    return cannot(request, this.id, this.state)
  }
}
