import type { Exit, Usage } from '../../../../machines/types/cookie.ts'
import { deferred } from '../../../utils/deferred.ts'
import type { ContainerEvents, ContainerStreams } from '../../engine.ts'
import { type InputPump, pumpInput } from '../../pump-input.ts'
import { within } from '../connection/deadline.ts'
import { isDisconnected, isUnreached } from '../connection/errors.ts'
import { untilReachable } from '../connection/liveness.ts'
import type { CreateOptions } from '../create-options/create-options.ts'
import type { EngineContext } from '../engine-context.ts'
import type { LauncherSession } from '../launcher/session.ts'
import { StderrTail } from '../launcher/stderr-tail.ts'
import { collectExit } from './exit/collect-exit.ts'
import type { WaitReply } from './exit/exit-watch.ts'
import type { StartTimes } from './exit/output-cut.ts'
import type { ContainerRef } from './inspect.ts'
import type { NetworkAttachment } from './network-attachment.ts'
import {
  type Attachment,
  attachBeforeStart,
  attachError,
  exitOfFailedAttach,
  exitOfFailedStart,
  sendStart,
  startError,
} from './start.ts'

/** The parts of a container that its run uses. */
export interface RunOptions {
  readonly options: CreateOptions
  /** Returns the values to mask in errors. */
  readonly secrets: () => readonly string[]
  readonly network: NetworkAttachment
  /** Aborted when the container is not needed any longer. */
  readonly ending: AbortSignal
  /** Aborted when the container is being removed and its start takes too long. */
  readonly abandoned: AbortSignal
  /** Returns the launcher in the container, which reports a plain exit before the engine does. Undefined: there is none. */
  readonly launcher: () => LauncherSession | undefined
  /** Called with what is wrong when the engine reports another exit than the launcher. */
  readonly onContradiction: (text: string) => void
  /** Called at the exit with the id of the image that the container was made of, where the engine tells it. */
  readonly onImage: (id: string) => void
}

interface WatchOptions {
  readonly events: ContainerEvents
  readonly stderr: StderrTail
  readonly start: StartTimes
}

/** The run of one container: attach → start → watch the exit → collect the exit. */
export class ContainerRun {
  readonly #context: EngineContext
  readonly #options: RunOptions
  readonly #started = deferred<void>()
  readonly #exit = deferred<Exit>()
  /** The numbers of the signals that were sent on request. */
  readonly sentSignals = new Set<number>()
  /** What it has used, by the last reading. */
  usage: Usage | undefined
  #startCalls: Promise<void> | undefined
  #attachment: Attachment | undefined
  #input: InputPump | undefined
  #isDraining = false
  #hasExited = false
  /** What the launcher has reported. */
  #told: Exit | undefined
  readonly #over = deferred<void>()

  constructor(context: EngineContext, options: RunOptions) {
    this.#context = context
    this.#options = options
  }

  /** Resolves when the container runs; rejects when it never will. */
  get started(): Promise<void> {
    return this.#started.promise
  }
  /** Settles when the container has exited and its output is complete or given up. */
  get exit(): Promise<Exit> {
    return this.#exit.promise
  }
  /** Settles when no call of the last start is in flight. Undefined before the first one. It never rejects. */
  get startCalls(): Promise<void> | undefined {
    return this.#startCalls
  }
  /** Settles when the output has ended. Undefined before it is attached. */
  get outputEnded(): Promise<unknown> | undefined {
    return this.#attachment?.output.ended
  }
  /** True once the exit was seen. */
  get hasExited(): boolean {
    return this.#hasExited
  }
  /** Settles when the engine has reported the exit, or it is given up. Undefined unless the launcher has reported it before. */
  get overByEngine(): Promise<void> | undefined {
    return this.#told === undefined ? undefined : this.#over.promise
  }
  /** True once the input is read from. */
  get readsInput(): boolean {
    return this.#input !== undefined
  }

  /**
   * Starts the container. While the engine cannot be reached, the calls are repeated. May be called again after it has
   * rejected.
   */
  async start(container: ContainerRef, streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    await untilReachable(this.#context, () => this.#start(container, streams, events), {
      signal: this.#options.ending,
      // Input that was read for a failed start would be lost.
      mayRepeat: error => isUnreached(error) && this.#input === undefined,
    })
  }

  async #start(container: ContainerRef, streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    const { options, network, ending } = this.#options
    const calls = deferred<void>()
    this.#startCalls = calls.promise
    const stderr = new StderrTail(streams.stderr)
    const attach = () =>
      attachBeforeStart(this.#context, container, { streams: { ...streams, stderr }, terminal: options.Tty })
    const attachment = await untilReachable(this.#context, attach, { signal: ending, mayRepeat: isDisconnected }).catch(
      error => {
        calls.resolve()
        const exit = exitOfFailedAttach(error)
        if (exit === undefined) throw attachError(error)
        this.#exitUnstarted(exit, events)
      },
    )
    if (attachment === undefined) return
    this.#attachment = attachment
    if (this.#isDraining) attachment.output.drop()
    // A start into a shared namespace may fail and be repeated. Input that was read for it would be lost.
    if (!network.isShared) this.#feed(attachment, streams, events)

    // There is no abort point between the attach and the start: see `attachBeforeStart`.
    attachment.watch.starting()
    const sent = performance.now()
    let replied: number | undefined
    try {
      const isFirstReply = await this.#sendStart(container, calls.resolve)
      replied = isFirstReply ? performance.now() : undefined
    } catch (error) {
      // The runtime reports a lost namespace with the exit code of a missing command.
      const isLost = network.isLostNamespace(error)
      const exit = isLost ? undefined : await exitOfFailedStart(this.#context, container, error)
      if (isUnreached(error)) this.disconnect()
      if (exit === undefined) throw startError(error)
      this.#exitUnstarted(exit, events)
      return
    }
    attachment.watch.follow()
    void attachment.output.ended.then(() => attachment.watch.hint())
    this.#started.resolve()
    if (network.isShared) this.#feed(attachment, streams, events)
    void this.#options.launcher()?.end.then(exit => this.#exitAsTold(exit, events))
    void this.#watchExit(container, attachment, { events, stderr, start: { sent, replied } })
  }

  /** The task has ended by itself, and its output is complete. The container ends in a moment. */
  #exitAsTold(exit: Exit, events: ContainerEvents): void {
    if (this.#hasExited) return
    this.#told = exit
    this.#hasExited = true
    events.exitSeen()
    this.#exit.resolve(exit)
  }

  /** Stops holding the container up: output that a sink does not take at once is dropped from now on. */
  drain(): void {
    this.#isDraining = true
    this.#attachment?.output.drop()
  }

  /** Cuts the attached stream. */
  cutOutput(): void {
    this.#attachment?.output.destroy()
  }

  /** Closes every connection. */
  disconnect(): void {
    this.#input?.stop()
    this.#attachment?.output.destroy()
    this.#attachment?.watch.close()
  }

  /** Ends a run whose exit was not seen. */
  fail(error: unknown): void {
    this.#exit.reject(error)
    this.#started.reject(undefined)
    this.disconnect()
    this.#over.resolve()
  }

  /**
   * Gives up after `startTimeout` without aborting the call. `onSettled` is called once it has settled. Resolves with
   * false when a reply was lost.
   */
  async #sendStart(container: ContainerRef, onSettled: () => void): Promise<boolean> {
    const { secrets, abandoned } = this.#options
    const call = sendStart(this.#context, container, { secrets: secrets(), abandoned })
    call.then(onSettled, onSettled)
    return await within(call, this.#context.config.startTimeout, `start container ${container.name}`)
  }

  #feed({ stream }: Attachment, { stdin }: ContainerStreams, events: ContainerEvents): void {
    if (stdin !== undefined) this.#input = pumpInput(stdin, stream, error => events.broken(error))
  }

  /** The command could not be executed: the container has exited without having run. */
  #exitUnstarted(exit: Exit, events: ContainerEvents): void {
    this.disconnect()
    this.#started.reject(undefined)
    events.exitSeen()
    this.#hasExited = true
    this.#exit.resolve(exit)
  }

  async #watchExit(
    container: ContainerRef,
    { watch, output }: Attachment,
    { events, stderr, start }: WatchOptions,
  ): Promise<void> {
    const { options, network, secrets } = this.#options
    const launcher = this.#options.launcher()
    try {
      const reply = await watch.ended
      network.release()
      this.#input?.stop()
      if (this.#told !== undefined) return this.#compare(container, this.#told, reply)
      this.#hasExited = true
      events.exitSeen()
      const init = launcher !== undefined || options.HostConfig.Init
      const initError = () => (launcher ?? stderr).initError
      const details = {
        reply,
        output,
        initError,
        start,
        init,
        wasKilled: this.#isDraining,
        sent: this.sentSignals,
        onImage: this.#options.onImage,
        secrets: secrets(),
      }
      const exit = await collectExit(this.#context, container, details)
      await launcher?.flush()
      this.#exit.resolve({ ...exit, usage: exit.usage ?? this.usage })
    } catch (error) {
      this.#exit.reject(error)
    } finally {
      this.disconnect()
      this.#over.resolve()
    }
  }

  /** A kill or a removal ends the launcher by itself, too. */
  #compare({ name }: ContainerRef, told: Exit, { exitCode }: WaitReply): void {
    if (exitCode === told.exitCode || this.#isDraining) return
    this.#options.onContradiction(
      `the launcher of container ${name} reported exit code ${told.exitCode}, and the engine ${exitCode}`,
    )
  }
}
