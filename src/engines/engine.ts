import type { Observable } from 'rxjs'
import type { Exit } from '../../machines/cookie-types.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/task.ts'
import type { PullProgress } from './pull-progress.ts'

/**
 * Takes one of a container's output streams, with backpressure.
 *
 * `write` gives nothing when the next chunk may follow at once, or a promise that settles when it may. It never
 * rejects or throws: what a consumer does wrong stays on the consumer's side.
 */
export interface OutputSink {
  write(chunk: Uint8Array): Promise<void> | undefined
}

/** The streams of a container, as the engine sees them. */
export interface ContainerStreams {
  /** Chunks for standard input; undefined: the container gets none. The engine calls `return()` on what it does not read to the end. */
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly stdout: OutputSink
  readonly stderr: OutputSink
}

/** What an engine tells while a container is on its way; all are optional for an engine to call. */
export interface ContainerEvents {
  /** The exit was seen; its output may still be on the way. From here on, no timer decides the status. */
  exitSeen(): void
  /** The caller's input broke (its iterable threw): the container cannot finish its work. The machine will kill it. */
  broken(error: Error): void
}

/**
 * One container of an engine, from before it exists until after it is gone.
 *
 * The handle is made without any I/O and owns the clean-up of whatever its calls bring about: a call whose caller gave up
 * (a deadline, an abort) still counts, and `remove()` waits for it and undoes it. Every promise settles within the engine's stated deadlines.
 * The machine guarantees the order: prepare, start, then pause and unpause in turn; `kill` and `remove` at any time.
 */
export interface EngineContainer {
  /** What it is called on its engine, for errors that must say what may be left (`cookietin-…`, `process group 4711`). */
  readonly name: string
  /** Driver-specific create options; changeable until `prepare` (Fn's `ContainerOptions`). */
  readonly options: object
  /** Makes the image present and creates the container. Aborting rejects soon, and leaves to `remove()` what was made. */
  prepare(signal: AbortSignal): Promise<void>
  /** Starts it; resolves once it runs (or has already ended). A command that cannot be found or executed is an exit (127, 126), not an error. */
  start(streams: ContainerStreams, events: ContainerEvents): Promise<void>
  /** Settles, after `start` has, when the container has ended and its output is complete or given up. Rejects when `start` failed or the engine is lost. Callable at any time, always the same promise. */
  wait(): Promise<Exit>
  /** Freezes every process of it. Idempotent. */
  pause(): Promise<void>
  /** Thaws it. Idempotent. */
  unpause(): Promise<void>
  /** Ends it by SIGKILL, without thawing it, after any start that is under way; from here on output is drained: what a sink does not take at once is dropped, and so is all that follows. Resolves when the engine has taken the signal or nothing runs. Idempotent. */
  kill(): Promise<void>
  /** Removes whatever exists of it, in any state; also what calls still under way bring about. Idempotent: later calls give the same promise unless it failed. */
  remove(): Promise<void>
  /** Resource samples while it runs, about one a second; completes at its end. Cold: sampling begins with the subscription. */
  readonly stats$: Observable<Stat>
  /** How long a run that nobody watches should go unsampled, in ms. Default 250; 0 where a sample costs next to nothing. */
  readonly samplingDelay?: number
  /** How the making present of its image goes, where there is anything to tell; completes when `prepare` has settled. */
  readonly pull$?: Observable<PullProgress>
}

/** The port between the driver and what runs containers. */
export interface Engine {
  /** `'docker'`, `'process'`, `'mock'`, or the name of your own. */
  readonly name: string
  /**
   * Why a container of this engine cannot share a unix socket in a folder of this machine; undefined when it can.
   * Hot functions need such a socket. An engine without this member cannot share one.
   */
  readonly socketSharing?: { readonly unavailable: string | undefined }
  /** Throws an InvalidInputError for what this engine cannot do. No I/O. */
  container(task: ResolvedTask): EngineContainer
  /**
   * Names of containers that could not be removed, and whose removal the engine tries again by itself. Undefined for an
   * engine that does not try again.
   */
  readonly leftovers?: readonly string[]
  /** Lets go of connections and timers. Called after every container's `remove` has settled. */
  close(): Promise<void>
}
