import { type Observable, ReplaySubject } from 'rxjs'
import type { Exit } from '../../../../machines/types/cookie.ts'
import { CookietinError, cancelledError } from '../../../errors.ts'
import type { Stat } from '../../../stats/stat.ts'
import type { ResolvedTask } from '../../../task/resolved-task.ts'
import { settles } from '../../../utils/timing.ts'
import { signalNumber } from '../../../utils/unix-signals.ts'
import type { ContainerEvents, ContainerStreams, EngineContainer, FileSource, FoundEntry } from '../../engine.ts'
import type { PullProgress } from '../../pull-progress.ts'
import { isDisconnected, isMissingImage } from '../connection/errors.ts'
import { untilReachable } from '../connection/liveness.ts'
import { type CreateOptions, secretsOf } from '../create-options/create-options.ts'
import { runHook } from '../create-options/hook.ts'
import { deadlineLabel, type HeldKind, labelNames } from '../create-options/identity.ts'
import type { EngineContext, NetworkSource } from '../engine-context.ts'
import type { ImageCommand } from '../image/image-command.ts'
import type { CheckedImage } from '../image/image-guard.ts'
import { commandOf } from '../launcher/command.ts'
import type { LaunchCommand } from '../launcher/frame.ts'
import { useLauncher } from '../launcher/options.ts'
import type { LauncherSession } from '../launcher/session.ts'
import { ContainerFreezer } from './control/container-freezer.ts'
import { sendKill, sendSignal, stopSignalOf } from './control/signals.ts'
import type { ContainerRef } from './inspect.ts'
import { NetworkAttachment } from './network-attachment.ts'
import { defaultOptions, preflight } from './preflight.ts'
import { checkCopiesAgain, copyFrom, copyInto } from './resources/copies.ts'
import { makeVolumes } from './resources/named-volumes.ts'
import { ContainerRun } from './run.ts'
import { statsOf } from './stats.ts'
import { hangTimeout, TrackedContainer } from './tracked-container.ts'

/** The launcher that starts a container's task. */
export interface ContainerLauncher {
  readonly session: LauncherSession
  /** Resolves with the name of the volume that holds it. */
  volume(): Promise<string>
  /** It starts the container's own task at once, as its init process. False: it waits for whoever adopts the container. */
  readonly isInit: boolean
}

/** How a {@link DockerContainer} is made. */
export interface DockerContainerOptions {
  readonly networks: NetworkSource
  /** Undefined: the engine starts the task. */
  readonly launcher?: ContainerLauncher | undefined
  /** Undefined: it is that of a run. */
  readonly held?: HeldKind | undefined
}

/**
 * One container of a Docker engine. The steps of its life, and where they are:
 *
 * preflight (`preflight.ts`) → create (`tracked-container.ts`, `create.ts`) → attach and start (`run.ts`, `start.ts`) →
 * watch the exit (`exit/exit-watch.ts`) → collect the exit (`exit/collect-exit.ts`) → remove (`tracked-container.ts`,
 * `remove.ts`).
 */
export class DockerContainer implements EngineContainer {
  readonly name: string
  readonly options: CreateOptions
  readonly stats$: Observable<Stat>
  readonly samplingDelay?: number
  /** Late subscribers get the latest value. */
  readonly pull$ = new ReplaySubject<PullProgress>(1)
  readonly #context: EngineContext
  readonly #task: ResolvedTask
  /** The create options before any edit by hand. */
  readonly #defaults: CreateOptions
  readonly #tracked: TrackedContainer
  readonly #network: NetworkAttachment
  readonly #run: ContainerRun
  readonly #freezer: ContainerFreezer
  readonly #launcher: ContainerLauncher | undefined
  #usesLauncher = false
  /** What the launcher starts as an init process. */
  #command: LaunchCommand | undefined
  #checked: Promise<void> | undefined
  #image: CheckedImage | undefined
  /** The id of the image that it was made of, where its name had come to mean another one since that was looked at. */
  #otherImage: string | undefined
  /** A kill or a removal was requested. */
  #isEnding = false
  #removal: Promise<void> | undefined
  /** Kept for a container that must be made again. */
  #files: readonly FileSource[] = []
  #releaseGpus = () => {}

  constructor(context: EngineContext, task: ResolvedTask, { networks, launcher, held }: DockerContainerOptions) {
    this.#context = context
    this.#task = task
    this.#launcher = launcher
    this.name = `cookietin-${context.instance}-${task.id}`
    this.#defaults = defaultOptions(context, task)
    if (held !== undefined) this.#defaults.Labels[labelNames.held] = held
    this.options = structuredClone(this.#defaults)
    const secrets = () => secretsOf(task, this.options)
    this.#tracked = new TrackedContainer(context, {
      name: this.name,
      taskId: task.id,
      platform: task.platform,
      options: this.options,
      secrets,
    })
    this.#freezer = new ContainerFreezer(context, task.id, this.options)
    this.#network = new NetworkAttachment(networks, task, this.options)
    const { ending, abandoned } = this.#tracked
    const run = new ContainerRun(context, {
      ...{ options: this.options, secrets, network: this.#network, ending, abandoned },
      launcher: () => (this.#usesLauncher ? launcher?.session : undefined),
      onContradiction: text =>
        context.onTransition({ machine: 'warning', id: this.name, from: 'running', to: 'warned', event: text }),
      onImage: id => this.#madeOf(id),
    })
    this.#run = run
    if (context.cgroups !== undefined) this.samplingDelay = 0
    this.stats$ = statsOf(context, {
      name: this.name,
      id: () => this.id,
      started: run.started,
      ended: run.exit,
      outputEnded: () => run.outputEnded,
      onUsage: usage => {
        run.usage = usage
      },
    })
  }

  /** The engine's id of the container. Undefined before it is created. */
  get id(): string | undefined {
    return this.#tracked.id
  }

  /** Undefined before the engine was asked about the image. */
  get imageDigest(): string | undefined {
    return this.#otherImage ?? this.#image?.digest
  }

  /** True when the namespace that it joins is gone. */
  get hasLostNetwork(): boolean {
    return this.#network.isLost
  }

  /** Lets the task's hook edit the create options, and judges them. Once only. */
  check(): Promise<void> {
    this.#checked ??= this.#check()
    return this.#checked
  }

  async #check(): Promise<void> {
    runHook(this.#task, this.options)
    await preflight(this.#context, { task: this.#task, options: this.options, defaults: this.#defaults })
  }

  async prepare(signal: AbortSignal): Promise<void> {
    try {
      this.#refuseEnding('prepare')
      if (signal.aborted) throw cancelledError(`prepare container ${this.name}`, signal.reason)
      await this.check()
      this.#refuseEnding('prepare')
      if (this.#launcher?.isInit === false) await this.#useLauncher(this.#launcher)
      this.#refuseEnding('prepare')
      await makeVolumes(this.#context, this.#task)
      this.#refuseEnding('prepare')
      this.#network.attach()
      this.#releaseGpus = this.#context.gpus.lease(this.options, this.#task.gpus)
      this.#run.exit.then(this.#releaseGpus, this.#releaseGpus)
      await this.#createWithImage(signal)
    } finally {
      this.pull$.complete()
    }
  }

  /** Creating is the best test for the image: it cannot be removed between the test and its use. */
  async #createWithImage(signal: AbortSignal): Promise<void> {
    const { pull, imageId } = this.#task
    if (imageId !== undefined) return await this.#createFromId(imageId, signal)
    if (pull === 'always') await this.#makeImagePresent(signal)
    try {
      await this.#create(signal)
    } catch (error) {
      if (!isMissingImage(error) || pull === 'always') throw error
      await this.#makeImagePresent(signal)
      await this.#create(signal)
    }
  }

  /** No registry can be asked for an id. */
  async #createFromId(imageId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#create(signal)
    } catch (error) {
      if (!isMissingImage(error)) throw error
      throw new CookietinError(
        'ERR_COOKIETIN_IMAGE_NOT_FOUND',
        `The engine has no image of the id ${imageId}, and an image cannot be pulled by its id. Give its name, or load or build it first`,
        { cause: error },
      )
    }
  }

  async #makeImagePresent(signal: AbortSignal): Promise<void> {
    await this.#context.images.makePresent(this.#task, {
      signal,
      onProgress: progress => this.pull$.next(progress),
    })
    this.#context.imageGuard.forget(this.options.Image)
  }

  async #create(signal: AbortSignal): Promise<void> {
    const check = () => this.#context.imageGuard.check(this.#task, this.options, signal)
    const image = await untilReachable(this.#context, check, { signal, mayRepeat: isDisconnected })
    this.#image = image
    if (image !== undefined) await this.#useInitLauncher(image)
    this.#refuseEnding('prepare')
    const { config, freezer } = this.#context
    Object.assign(this.options.Labels, deadlineLabel(this.#task, config.freezeAllowance))
    if (freezer.mayUseFiles) this.options.Labels[labelNames.freezer] = config.freezer
    await this.#tracked.create(signal)
  }

  /** The engine is not asked about an image for each container: its name may have come to mean another one. */
  #madeOf(id: string): void {
    if (this.#image?.id === undefined || this.#image.id === id) return
    this.#otherImage = id
    this.#context.imageGuard.forget(this.options.Image)
  }

  /** Without a volume for the launcher, the engine starts the task as ever. */
  async #useInitLauncher(image: ImageCommand): Promise<void> {
    const launcher = this.#launcher
    if (launcher?.isInit !== true || this.#usesLauncher || !this.options.HostConfig.Init || this.options.Tty) return
    const command = commandOf(this.options, image, this.#task.input !== undefined)
    if (command === undefined) return
    // The variables and the working directory are those of the container.
    this.#command = { ...command, env: [], workDir: undefined }
    await this.#useLauncher(launcher).catch(() => {})
  }

  async #useLauncher({ volume }: ContainerLauncher): Promise<void> {
    useLauncher(this.options, await volume())
    this.#usesLauncher = true
  }

  async copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    this.#refuseEnding('copy files into')
    this.#files = files
    await this.#copyIn(files, signal)
  }

  async #copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    await copyInto(this.#context, { container: this.#ref('copy files into'), options: this.options, files }, signal)
  }

  async copyOut(path: string, signal: AbortSignal): Promise<AsyncIterable<FoundEntry> | undefined> {
    return await copyFrom(this.#context, { container: this.#ref('copy out of'), path }, signal)
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    if (this.id === undefined || this.#isEnding || this.#run.startCalls !== undefined) throw this.#invalidState('start')
    try {
      if (this.#network.isLost) await this.#recreate()
      await this.#start(streams, events).catch(async error => {
        if (this.#isEnding || !this.#network.isLostNamespace(error)) throw error
        await this.#recreate()
        await this.#start(streams, events)
      })
    } catch (error) {
      this.#run.fail(error)
      throw error
    } finally {
      // Input that was not read is released.
      if (!this.#run.readsInput) void streams.stdin?.[Symbol.asyncIterator]().return?.()
    }
  }

  async #start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const container = this.#ref('start')
    this.#refuseEnding('start')
    const session = this.#command === undefined || !this.#usesLauncher ? undefined : this.#launcher?.session
    if (session === undefined || this.#command === undefined) return await this.#run.start(container, streams, events)
    session.launch({ command: this.#command, streams, events })
    await this.#run.start(container, session.streams, session.events)
  }

  /** The namespace to join is gone. The container is created again, with the same name, for another one. */
  async #recreate(): Promise<void> {
    this.#run.disconnect()
    await this.#tracked.remove(() => {})
    this.#network.reattach()
    const { signal } = new AbortController()
    await this.#create(signal)
    if (this.#files.length === 0) return
    checkCopiesAgain(this.#files, `The namespace of container ${this.name} was lost`)
    await this.#copyIn(this.#files, signal)
  }

  wait(): Promise<Exit> {
    return this.#run.exit
  }

  async pause(): Promise<void> {
    // A launcher reports the end of its task before the container has ended.
    if (this.#run.hasExited) {
      const message = `Cannot freeze container ${this.name}: it has ended`
      throw new CookietinError('ERR_COOKIETIN_INVALID_STATE', message)
    }
    await this.#freezer.freeze(this.#ref('freeze'))
  }

  async unpause(): Promise<void> {
    await this.#freezer.thaw(this.#ref('unfreeze'))
  }

  async signal(name: string | undefined): Promise<void> {
    const { startCalls } = this.#run
    if (startCalls === undefined) throw this.#invalidState('signal')
    await settles(startCalls, this.#context.config.startTimeout)
    const container = this.#ref('signal')
    const isOver = () => this.#run.hasExited || this.#isEnding
    if (isOver()) return
    const signal = name ?? (await stopSignalOf(this.#context, container))
    if (isOver()) return
    this.#run.sentSignals.add(signalNumber(signal) ?? 0)
    await sendSignal(this.#context, container, { signal, ending: this.#tracked.ending })
  }

  async kill(): Promise<void> {
    this.#isEnding = true
    this.#tracked.end()
    this.#freezer.end()
    this.#run.drain()
    const { startCalls } = this.#run
    if (startCalls === undefined) return
    await settles(startCalls, this.#context.config.startTimeout)
    if (this.#run.hasExited) return
    const hasExited = () => this.#run.hasExited || this.#removal !== undefined
    const killed = sendKill(this.#context, this.#ref('kill'), hasExited)
    if (!(await settles(killed, hangTimeout))) this.#run.cutOutput()
    await killed
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
    this.#tracked.end()
    this.#freezer.end()
    this.pull$.complete()
    // Its task has ended, and it ends by itself in a moment. What the engine says of that is heard first.
    const { overByEngine } = this.#run
    if (overByEngine !== undefined) await settles(overByEngine, hangTimeout)
    this.#run.drain()
    const calls = Promise.all([this.#tracked.creating, this.#run.startCalls])
    if (!(await settles(calls, this.#context.config.startTimeout))) this.#tracked.abandon()
    // The network is released last: a namespace must be empty before the next container joins it.
    await this.#tracked
      .remove(() => this.#run.cutOutput())
      .finally(() => {
        this.#network.close()
        this.#releaseGpus()
      })
    const message = `Container ${this.name} was removed before its end was seen`
    this.#run.fail(new CookietinError('ERR_COOKIETIN_CLOSED', message))
  }

  #ref(verb: string): ContainerRef {
    if (this.id === undefined) throw this.#invalidState(verb)
    return { id: this.id, name: this.name }
  }

  #refuseEnding(verb: string): void {
    if (this.#isEnding) throw this.#invalidState(verb)
  }

  #invalidState(verb: string): CookietinError {
    const notCreated = this.id === undefined ? 'it is not created' : 'it was started before'
    const reason = this.#isEnding ? 'it is being ended' : notCreated
    return new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${verb} container ${this.name}: ${reason}`)
  }
}
