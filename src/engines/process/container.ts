import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EMPTY, from, type Observable, Subject, switchMap, takeUntil } from 'rxjs'
import type { Exit } from '../../../machines/types/cookie.ts'
import { CookietinError, messageOf } from '../../errors.ts'
import type { Stat } from '../../stats/stat.ts'
import { onAbort } from '../../utils/abort.ts'
import { deferred } from '../../utils/deferred.ts'
import type { ContainerEvents, ContainerStreams, EngineContainer, FileSource, FoundEntry } from '../engine.ts'
import { pumpInput } from '../pump-input.ts'
import { signalGroup, signalProcess, whenStopped } from './group.ts'
import type { ProcessOptions } from './options.ts'
import { finishOutput, OutputPump } from './output-pump.ts'
import { cpuTimeOfEnded } from './proc.ts'
import type { ProcessRoot } from './root.ts'
import type { GroupSampler } from './sampler.ts'
import { exitOrError, workDirError } from './start-error.ts'

/** The parts of the engine that a container uses. */
export interface ProcessContainerContext {
  readonly sampler: GroupSampler
  /** ms. */
  readonly outputTimeout: number
  /** Variables for every environment, by which orphans of a dead process are found. */
  readonly marks: Readonly<Record<string, string>>
  /** What stands for the root of a task that has files or artifacts. */
  readonly root: ProcessRoot | undefined
}

/** How long `remove` waits for the end of a killed group, in ms. */
const killPatience = 5000

const noop = () => {}

/** Signals that ask a program to end. They reach its whole group, as from a terminal: a shell ends only after its children. */
const ending: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** A command of this machine in a process group of its own, without any isolation. */
export class ProcessContainer implements EngineContainer {
  readonly options: ProcessOptions
  readonly stats$: Observable<Stat>
  readonly #id: string
  readonly #context: ProcessContainerContext
  readonly #started = deferred<number | undefined>()
  readonly #exit = deferred<Exit>()
  readonly #ended$ = new Subject<void>()
  /** The group's number while its main process lives. Later the number may belong to another group. */
  #group: number | undefined
  #pid: number | undefined
  /** The CPU time at its end. */
  #cpuMs: number | undefined
  #state: 'created' | 'started' | 'ended' | 'removed' = 'created'
  #pumps: readonly OutputPump[] = []
  #releaseInput = noop
  #removal: Promise<void> | undefined

  constructor(id: string, options: ProcessOptions, context: ProcessContainerContext) {
    this.#id = id
    this.options = options
    this.#context = context
    this.stats$ = from(this.#started.promise).pipe(
      switchMap(group => (group === undefined || this.#group === undefined ? EMPTY : context.sampler.samples(group))),
      takeUntil(this.#ended$),
    )
  }

  get name(): string {
    return this.#pid === undefined ? `process of cookie ${this.#id}` : `process group ${this.#pid}`
  }

  async prepare(signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      throw new CookietinError('ERR_COOKIETIN_CANCELLED', `Preparing cookie ${this.#id} was cancelled`, {
        cause: signal.reason,
        cookieId: this.#id,
      })
    }
    if (this.#context.root !== undefined) {
      const { root, cwd } = await this.#context.root.make(this.options.cwd ?? '/')
      this.options.cwd = cwd
      this.options.env.COOKIETIN_ROOT = root
    }
    const missing = this.options.cwd === undefined ? undefined : workDirError(this.options.cwd, this.#id)
    if (missing !== undefined) throw missing
    Object.freeze(this.options.command)
    Object.freeze(this.options.env)
    Object.freeze(this.options)
  }

  async copyIn(files: readonly FileSource[], signal: AbortSignal): Promise<void> {
    const { root } = this.#context
    try {
      await unlessAborted(root?.copyIn(files, signal), signal)
    } catch (cause) {
      if (cause instanceof CookietinError) throw cause
      const message = `Cannot copy the files of cookie ${this.#id}: ${messageOf(cause)}`
      throw new CookietinError('ERR_COOKIETIN_FILES_FAILED', message, { cause, cookieId: this.#id })
    }
  }

  async copyOut(path: string): Promise<AsyncIterable<FoundEntry> | undefined> {
    return await this.#context.root?.copyOut(path)
  }

  async start(streams: ContainerStreams, events: ContainerEvents): Promise<void> {
    if (this.#state !== 'created') {
      throw new CookietinError(
        'ERR_COOKIETIN_INVALID_STATE',
        `Cannot start cookie ${this.#id}: it was started or removed before`,
        {
          cookieId: this.#id,
        },
      )
    }
    this.#state = 'started'
    try {
      const child = this.#spawn(streams.stdin !== undefined)
      if (child.pid === undefined) throw await failureOf(child)
      this.#attach(child, child.pid, streams, events)
    } catch (error) {
      // A source that was not opened is released as well: it may hold a file open.
      if (streams.stdin !== undefined) release(streams.stdin)
      this.#failToStart(error, events)
    }
  }

  wait(): Promise<Exit> {
    return this.#exit.promise
  }

  async pause(): Promise<void> {
    const group = this.#runningGroup('freeze')
    signalGroup(group, 'SIGSTOP', this.#id)
    await whenStopped(group)
  }

  async unpause(): Promise<void> {
    signalGroup(this.#runningGroup('unfreeze'), 'SIGCONT', this.#id)
  }

  /** To the first process alone, as in a container. */
  async signal(name = 'SIGTERM'): Promise<void> {
    if (this.#state === 'created') this.#runningGroup('signal')
    if (this.#group === undefined) return
    if (ending.has(name)) signalGroup(this.#group, name as NodeJS.Signals, this.#id)
    else signalProcess(this.#group, name, this.#id)
  }

  async kill(): Promise<void> {
    if (this.#state === 'created') this.#state = 'removed'
    // First, so that a stalled consumer does not delay the end.
    for (const pump of this.#pumps) pump.drop()
    if (this.#group !== undefined) signalGroup(this.#group, 'SIGKILL', this.#id)
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove().catch((error: unknown) => {
      this.#removal = undefined
      throw error
    })
    return this.#removal
  }

  async #remove(): Promise<void> {
    const wasStarted = this.#state === 'started' || this.#state === 'ended'
    await this.kill()
    if (wasStarted && !(await this.#endsWithin(killPatience))) {
      throw new CookietinError(
        'ERR_COOKIETIN_NOT_CLEANED',
        `Cannot remove cookie ${this.#id}: ${this.name} has not ended ${killPatience} ms after SIGKILL; it may be waiting for a device`,
        { cookieId: this.#id, retryable: true, leaked: [this.name] },
      )
    }
    this.#state = 'removed'
    for (const pump of this.#pumps) pump.giveUp()
    await this.#context.root?.remove()
    if (wasStarted) return
    const reason = new CookietinError(
      'ERR_COOKIETIN_INVALID_STATE',
      `Cookie ${this.#id} was removed before it was started`,
      {
        cookieId: this.#id,
      },
    )
    this.#exit.reject(reason)
    this.#started.resolve(undefined)
    this.#ended$.next()
  }

  #spawn(hasInput: boolean): ChildProcess {
    const { command, env, cwd, uid, gid } = this.options
    const [file = '', ...args] = command
    return spawn(file, args, {
      // The leader of a session and group of its own: signals reach all of the group, and Ctrl-C in our terminal does not.
      detached: true,
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      env: { ...env, ...this.#context.marks },
      ...(cwd !== undefined && { cwd }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    })
  }

  #attach(child: ChildProcess, pid: number, streams: ContainerStreams, events: ContainerEvents): void {
    this.#group = pid
    this.#pid = pid
    child.on('error', noop)
    child.once(
      'exit',
      (code, signal) => void this.#end(pid, code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0), events),
    )
    if (child.stdout !== null && child.stderr !== null) {
      const read = () => {
        this.#cpuMs = cpuTimeOfEnded(pid) ?? this.#cpuMs
      }
      for (const stream of [child.stdout, child.stderr]) stream.once('end', read)
      this.#pumps = [new OutputPump(child.stdout, streams.stdout), new OutputPump(child.stderr, streams.stderr)]
    }
    if (streams.stdin !== undefined && child.stdin !== null) {
      const pump = pumpInput(streams.stdin, child.stdin, error => events.broken(error), { destroyOnStop: true })
      this.#releaseInput = pump.stop
    }
    this.#started.resolve(pid)
  }

  async #end(group: number, exitCode: number, events: ContainerEvents): Promise<void> {
    // The rest of the group ends, as in a container. A group with members keeps its number, so the number is still ours.
    this.#group = undefined
    try {
      signalGroup(group, 'SIGKILL', this.#id)
    } catch {
      // A process that changed its user cannot be killed. Output that it holds open is given up below.
    }
    this.#state = 'ended'
    this.#ended$.next()
    this.#releaseInput()
    events.exitSeen()
    await finishOutput(this.#pumps, this.#context.outputTimeout)
    this.#exit.resolve({
      exitCode,
      oomKilled: false,
      outputTruncated: this.#pumps.some(pump => pump.truncated),
      usage: this.#cpuMs === undefined ? undefined : { cpuMs: this.#cpuMs },
    })
  }

  #failToStart(error: unknown, events: ContainerEvents): void {
    const outcome = error instanceof CookietinError ? error : exitOrError(error, this.options, this.#id)
    this.#state = 'ended'
    this.#started.resolve(undefined)
    this.#ended$.next()
    if (outcome instanceof CookietinError) {
      this.#exit.reject(outcome)
      throw outcome
    }
    events.exitSeen()
    this.#exit.resolve(outcome)
  }

  #runningGroup(doing: string): number {
    if (this.#group !== undefined) return this.#group
    throw new CookietinError('ERR_COOKIETIN_INVALID_STATE', `Cannot ${doing} cookie ${this.#id}: it is not running`, {
      cookieId: this.#id,
    })
  }

  /** Resolves with true when the process has ended, whether or not its output has. */
  #endsWithin(ms: number): Promise<boolean> {
    if (this.#state === 'ended') return Promise.resolve(true)
    return new Promise(resolve => {
      const timer = setTimeout(() => settle(false), ms)
      const subscription = this.#ended$.subscribe(() => settle(true))
      const settle = (ended: boolean) => {
        clearTimeout(timer)
        subscription.unsubscribe()
        resolve(ended)
      }
    })
  }
}

/** A source that hangs must not hold up a cancel. */
function unlessAborted(work: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(new Error('it was cancelled')))
    Promise.resolve(work).then(resolve, reject).finally(release)
  })
}

function failureOf(child: ChildProcess): Promise<unknown> {
  return new Promise(resolve => child.once('error', resolve))
}

function release(source: AsyncIterable<Uint8Array>): void {
  Promise.resolve(source[Symbol.asyncIterator]().return?.()).catch(noop)
}
