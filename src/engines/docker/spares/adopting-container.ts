import { defer, type Observable, switchMap } from 'rxjs'
import type { Exit } from '../../../../machines/types/cookie.ts'
import { CookietinError } from '../../../errors.ts'
import type { Stat } from '../../../stats/stat.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { deferred } from '../../../utils/deferred.ts'
import { settles } from '../../../utils/timing.ts'
import type { ContainerEvents, ContainerStreams, EngineContainer, FileSource, FoundEntry } from '../../engine.ts'
import type { PullProgress } from '../../pull-progress.ts'
import { within } from '../connection/deadline.ts'
import { type ContainerLauncher, DockerContainer } from '../container/container.ts'
import { checkCopiesAgain } from '../container/resources/copies.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import type { EngineContext, NetworkSource } from '../engine-context.ts'
import type { SpareLease, Spares } from './spares.ts'

/** How long the launcher may take to take the frame (ms). After that its container is ended, and the run is a cold one. */
const takenTimeout = 5_000
/** How long the place of an adopted container stays empty at most, in ms. */
const shortTask = 50

/** The options of an {@link AdoptingContainer}. */
export interface AdoptingOptions {
  readonly context: EngineContext
  readonly networks: NetworkSource
  readonly spares: Spares
  /** The init process of a container of its own. Undefined: that of the engine. */
  readonly launcher: ContainerLauncher | undefined
}

/**
 * The container of a task: a spare one where one fits and is ready, else one of its own, made as ever. What happened
 * before a launcher has taken its task leaves no trace: the task has not run, and its input was not read.
 */
export class AdoptingContainer implements EngineContainer {
  readonly stats$: Observable<Stat> = defer(() => this.#decided.promise).pipe(switchMap(({ stats$ }) => stats$))
  readonly #task: ResolvedTask
  readonly #spares: Spares
  /** The container of its own. */
  readonly #cold: DockerContainer
  /** The container that runs the task, or ends without having run it. */
  readonly #decided = deferred<DockerContainer>()
  readonly #exit = deferred<Exit>()
  #lease: SpareLease | undefined
  #files: readonly FileSource[] = []
  #isEnding = false
  #removal: Promise<void> | undefined

  constructor(task: ResolvedTask, { context, networks, spares, launcher }: AdoptingOptions) {
    this.#task = task
    this.#spares = spares
    this.#cold = new DockerContainer(context, task, { networks, launcher })
  }

  get name(): string {
    return this.#current.name
  }
  get id(): string | undefined {
    return this.#current.id
  }
  get imageDigest(): string | undefined {
    return this.#current.imageDigest
  }
  get options(): CreateOptions {
    return this.#cold.options
  }
  get pull$(): Observable<PullProgress> {
    return this.#cold.pull$
  }
  get samplingDelay(): number {
    return this.#cold.samplingDelay ?? 250
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#cold.check()
    if (!signal.aborted && !this.#isEnding) this.#lease = await this.#spares.lease(this.#task, this.options)
    if (this.#lease === undefined) return await this.#cold.prepare(signal)
    this.#cold.pull$.complete()
  }

  async copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    this.#files = files
    await this.#current.copyIn(files, signal)
  }

  async copyOut(path: string, signal: AbortSignal): Promise<AsyncIterable<FoundEntry> | undefined> {
    return await this.#current.copyOut(path, signal)
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    try {
      if (this.#lease !== undefined && (await this.#launch(this.#lease, streams, events))) return
      await this.#startCold(streams, events)
    } catch (error) {
      this.#exit.reject(error)
      throw error
    }
  }

  wait(): Promise<Exit> {
    return this.#exit.promise
  }

  pause(): Promise<void> {
    return this.#current.pause()
  }

  unpause(): Promise<void> {
    return this.#current.unpause()
  }

  signal(name: string | undefined): Promise<void> {
    return this.#current.signal(name)
  }

  async kill(): Promise<void> {
    this.#isEnding = true
    await this.#current.kill()
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove().catch(error => {
      this.#removal = undefined
      throw error
    })
    return this.#removal
  }

  async #remove(): Promise<void> {
    this.#isEnding = true
    this.#lease?.refill()
    this.#follow(this.#current)
    await Promise.all([this.#lease?.container.remove(), this.#cold.remove()])
  }

  get #current(): DockerContainer {
    return this.#lease?.container ?? this.#cold
  }

  #follow(container: DockerContainer): void {
    this.#decided.resolve(container)
    container.wait().then(this.#exit.resolve, this.#exit.reject)
  }

  /** Resolves with false when the task has not run. */
  async #launch(lease: SpareLease, streams: ContainerStreams, events: ContainerEvents): Promise<boolean> {
    const { container, session, command } = lease
    if (this.#isEnding) throw endingError(container.name)
    session.launch({ command, streams, events })
    try {
      await within(session.taken, takenTimeout, `start a task in container ${container.name}`)
      // The end may be known in the same moment. A run is running before it has ended.
      setImmediate(() => this.#follow(container))
      // Making the next container takes the engine and the machine much longer than a short task.
      void settles(this.#exit.promise, shortTask).then(() => lease.refill())
      return true
    } catch (error) {
      session.fail(error)
      if (this.#isEnding) return await this.#endUnstarted(container, streams)
      // A launcher that is only slow must not take the task any more.
      await container.remove()
      this.#lease = undefined
      this.#spares.report(this.#task, 'cold', 'notTaken')
      lease.refill()
      return false
    }
  }

  /** A kill was quicker than the frame: the container has the exit of one that is killed as it starts. */
  async #endUnstarted(container: DockerContainer, streams: ContainerStreams): Promise<true> {
    void streams.stdin?.[Symbol.asyncIterator]().return?.()
    this.#follow(container)
    await container.kill()
    return true
  }

  async #startCold(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    this.#follow(this.#cold)
    if (this.#cold.id === undefined) await this.#prepareCold()
    await this.#cold.start(streams, events)
  }

  async #prepareCold(): Promise<void> {
    const { signal } = new AbortController()
    await this.#cold.prepare(signal)
    if (this.#files.length === 0) return
    checkCopiesAgain(this.#files, `The spare container of ${this.#task.id} ended`)
    await this.#cold.copyIn(this.#files, signal)
  }
}

function endingError(name: string): CookietinError {
  return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot start container ${name}: it is being ended`)
}
