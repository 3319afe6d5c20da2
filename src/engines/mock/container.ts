import { concat, defer, EMPTY, from, NEVER, type Observable, Subject, switchMap, takeUntil } from 'rxjs'
import type { Exit } from '../../../machines/types/cookie.ts'
import { CookietinError, type ErrorCode } from '../../errors.ts'
import type { Stat } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { onAbort } from '../../utils/abort.ts'
import { deferred } from '../../utils/deferred.ts'
import { signalNumber } from '../../utils/unix-signals.ts'
import type { ContainerEvents, ContainerStreams, EngineContainer, FileSource, FoundEntry } from '../engine.ts'
import type { MockClock } from './clock.ts'
import { MockFiles } from './files.ts'
import { MockProgram } from './program.ts'
import type { MockCall, MockRun } from './script.ts'

/** Reports a container's calls to its engine. */
export interface MockLedger {
  /** Called at each call, before anything else. */
  called(call: MockCall): void
  /** Between `made` and `removed` the container exists. */
  made(): void
  removed(): void
}

/** A container of a mock engine. It follows a script, by a given clock. */
export class MockContainer implements EngineContainer {
  readonly name: string
  readonly options: object
  readonly stats$: Observable<Stat>
  readonly #task: ResolvedTask
  readonly #run: MockRun
  readonly #clock: MockClock
  /** Samples cost nothing. */
  readonly samplingDelay = 0
  readonly #ledger: MockLedger
  readonly #exit = deferred<Exit>()
  readonly #started = deferred<void>()
  readonly #ended$ = new Subject<void>()
  readonly #removing = deferred<void>()
  readonly #files: MockFiles
  #state: 'created' | 'starting' | 'running' | 'ended' | 'lost' | 'removed' = 'created'
  #starting: Promise<void> | undefined
  #program: MockProgram | undefined
  #events: ContainerEvents | undefined
  #lossTimer: unknown
  #removal: Promise<void> | undefined

  constructor(task: ResolvedTask, run: MockRun, clock: MockClock, ledger: MockLedger) {
    this.name = `mock-${task.id}`
    this.options = { image: task.image, command: [...task.command], env: { ...task.env } }
    this.#task = task
    this.#run = run
    this.#clock = clock
    this.#ledger = ledger
    this.#files = new MockFiles(run.artifacts ?? {})
    this.stats$ = defer(() => (this.#isOver ? EMPTY : from(this.#started.promise))).pipe(
      switchMap(() => (this.#isOver ? EMPTY : concat(run.stats ?? [], NEVER))),
      takeUntil(this.#ended$),
    )
  }

  async prepare(signal: AbortSignal): Promise<void> {
    this.#ledger.called('prepare')
    if (signal.aborted) throw this.#error('ERR_COOKIETIN_CANCELLED', 'prepare', 'it was cancelled', signal.reason)
    this.#ledger.made()
    await this.#unlessAborted('prepare', signal)
  }

  async #unlessAborted(
    call: 'prepare' | 'copyIn' | 'copyOut',
    signal: AbortSignal,
    work: Promise<void> = Promise.resolve(),
  ): Promise<void> {
    const aborted = deferred<never>()
    const release = onAbort(signal, () =>
      aborted.reject(this.#error('ERR_COOKIETIN_CANCELLED', call, 'it was cancelled', signal.reason)),
    )
    try {
      await Promise.race([Promise.all([this.#follow(call), work]), aborted.promise])
    } finally {
      release()
    }
  }

  async copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    this.#ledger.called('copyIn')
    await this.#unlessAborted('copyIn', signal, this.#files.copyIn(files, signal))
  }

  async copyOut(path: string, signal: AbortSignal): Promise<AsyncIterable<FoundEntry> | undefined> {
    this.#ledger.called('copyOut')
    await this.#unlessAborted('copyOut', signal)
    return this.#files.copyOut(path)
  }

  start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const starting = this.#start(streams, events)
    this.#starting ??= starting
    return starting
  }

  async #start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    this.#ledger.called('start')
    if (this.#state !== 'created')
      throw this.#error('ERR_COOKIETIN_INVALID_STATE', 'start', 'it was started or removed before')
    this.#state = 'starting'
    this.#events = events
    try {
      await this.#follow('start')
    } catch (error) {
      this.#state = 'ended'
      this.#exit.reject(error)
      this.#ended$.next()
      throw error
    }
    this.#state = 'running'
    const { engineLost } = this.#run
    if (engineLost !== undefined) this.#lossTimer = this.#clock.setTimeout(() => this.#lose(), engineLost)
    this.#program = new MockProgram(this.#run, streams, events, this.#clock, () => this.#end(this.#run.exitCode ?? 0))
    this.#started.resolve()
    this.#run.onStart?.(this.#task)
  }

  wait(): Promise<Exit> {
    return this.#exit.promise
  }

  async pause(): Promise<void> {
    this.#ledger.called('pause')
    await this.#followRunning('pause')
    this.#program?.pause()
  }

  async unpause(): Promise<void> {
    this.#ledger.called('unpause')
    await this.#followRunning('unpause')
    this.#program?.unpause()
  }

  async signal(name = 'SIGTERM'): Promise<void> {
    this.#ledger.called('signal')
    if (this.#state === 'lost') throw this.#lost('signal')
    await this.#follow('signal')
    await this.#starting?.catch(() => {})
    if (this.#state !== 'running') return
    const exitCode = this.#run.onSignal === undefined ? 128 + (signalNumber(name) ?? 0) : this.#run.onSignal(name)
    if (exitCode !== undefined) this.#end(exitCode)
  }

  async kill(): Promise<void> {
    this.#ledger.called('kill')
    if (this.#state === 'lost') throw this.#lost('kill')
    await this.#follow('kill')
    // A start that hangs has not started anything that could be killed.
    if (!this.#hangs('start')) await this.#starting?.catch(() => {})
    if (this.#state === 'running') this.#end(137)
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove().catch((error: unknown) => {
      this.#removal = undefined
      throw error
    })
    return this.#removal
  }

  async #remove(): Promise<void> {
    this.#ledger.called('remove')
    if (this.#hangs('remove')) return new Promise(() => {})
    if (this.#run.removeError !== undefined) throw this.#run.removeError
    this.#removing.resolve()
    await this.#starting?.catch(() => {})
    if (this.#state === 'running') this.#end(137)
    else if (!this.#isOver) {
      this.#exit.reject(this.#error('ERR_COOKIETIN_INVALID_STATE', 'wait for', 'it was removed before it ran'))
      this.#ended$.next()
    }
    this.#state = 'removed'
    this.#ledger.removed()
  }

  get #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'lost' || this.#state === 'removed'
  }

  #end(exitCode: number): void {
    const written = this.#program?.written ?? true
    this.#finish('ended')
    this.#events?.exitSeen()
    const { oomKilled = false, outputTruncated = false, message, usage } = this.#run
    this.#exit.resolve({ exitCode, oomKilled, outputTruncated: outputTruncated || !written, message, usage })
  }

  #lose(): void {
    this.#finish('lost')
    this.#exit.reject(this.#lost('wait for'))
  }

  #finish(state: 'ended' | 'lost'): void {
    this.#state = state
    this.#clock.clearTimeout(this.#lossTimer as never)
    this.#program?.stop()
    this.#ended$.next()
  }

  async #followRunning(call: 'pause' | 'unpause'): Promise<void> {
    if (this.#state === 'lost') throw this.#lost(call)
    if (this.#state !== 'running') throw this.#error('ERR_COOKIETIN_INVALID_STATE', call, 'it is not running')
    await this.#follow(call)
  }

  /** Settles as the script says. */
  async #follow(call: Exclude<MockCall, 'remove'>): Promise<void> {
    if (this.#hangs(call)) {
      await this.#removing.promise
      throw this.#error('ERR_COOKIETIN_ENGINE_TIMEOUT', call, 'the script lets this call hang')
    }
    const error = this.#run[`${call}Error`]
    if (error !== undefined) throw error
  }

  #hangs(call: MockCall): boolean {
    return [this.#run.hangOn].flat().includes(call)
  }

  #lost(doing: string): CookietinError {
    return this.#error('ERR_COOKIETIN_ENGINE_LOST', doing, 'the script lets the engine be lost', undefined, [this.name])
  }

  #error(code: ErrorCode, doing: string, why: string, cause?: unknown, leaked: string[] = []): CookietinError {
    return new CookietinError(code, `Cannot ${doing} cookie ${this.#task.id}: ${why}`, {
      cause,
      leaked,
      cookieId: this.#task.id,
    })
  }
}
