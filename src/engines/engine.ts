import type { Observable } from 'rxjs'
import type { Exit } from '../../machines/types/cookie.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { ResolvedRetry } from '../task/retry/types.ts'
import type { OutputSink } from './output-sink.ts'
import type { PullProgress } from './pull-progress.ts'
import type { RemoteFunction, RemoteFunctionSpec } from './remote-functions.ts'

export type { OutputSink }

/** The streams of a container. */
export interface ContainerStreams {
  /** Chunks for standard input; undefined: no standard input. The engine calls `return()` on a source that it does not read to its end. */
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly stdout: OutputSink
  readonly stderr: OutputSink
}

/** Events that an engine reports while a container runs. Calling them is optional. */
export interface ContainerEvents {
  /** The container has exited. Its output may still follow. A timeout no longer decides the status. */
  exitSeen(): void
  /** The caller's input failed (its iterable threw), so the container cannot finish its work. It will be killed. */
  broken(error: Error): void
}

/** One file, folder or symbolic link on its way into a container. */
export interface FileEntry {
  /** Absolute, in the container. Folders on the way may be missing there. */
  readonly path: string
  readonly type: 'file' | 'folder' | 'link'
  /** Permission bits. */
  readonly mode: number
  /** The bytes of a file; undefined while their number is not known. */
  readonly size: number | undefined
  /** Where a link leads. */
  readonly target?: string
  /** The bytes of a file. */
  readonly content: AsyncIterable<Uint8Array>
}

/** One of the files of a task: a file, or a folder with all that is in it. */
export interface FileSource {
  /** Absolute, in the container. */
  readonly path: string
  /** It can be read again from its beginning. */
  readonly isRepeatable: boolean
  /** Reads it, a folder before what is in it. Errors of the source are thrown as `ERR_COOKIETIN_FILES_FAILED`. */
  entries(): AsyncIterable<FileEntry>
}

/**
 * Something that was found in a container that has ended. It is not trusted: its name, its type and its size are checked
 * by the caller.
 */
export interface FoundEntry {
  /** Absolute, in the container. */
  readonly path: string
  /** `'file'`, `'folder'`, or the kind of anything else, as a phrase: `'symbolic link to /etc'`. */
  readonly type: string
  readonly mode: number
  readonly size: number
  /** The bytes of a file, read before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * One container of an engine, from before its creation until after its removal.
 *
 * The handle is made without I/O, and cleans up after all of its calls: a call whose caller gave up (a deadline, an abort) still counts, and
 * `remove()` waits for it and undoes it. Every promise settles within the engine's deadlines. The caller keeps this order: prepare, start,
 * then pause and unpause in turn; `kill` and `remove` at any time.
 */
export interface EngineContainer {
  /** Its name on the engine, for errors that report what may be left (`cookietin-…`, `process group 4711`). */
  readonly name: string
  /** Its id on the engine, for people, once it is created. An engine without ids has none. */
  readonly id?: string | undefined
  /** Which image it was made of, for people: `name@sha256:…`, else the engine's id of the image. An engine that cannot tell has none. */
  readonly imageDigest?: string | undefined
  /** The engine's own create options, which may be changed until `prepare` (Fn's `ContainerOptions`). */
  readonly options: object
  /** Pulls the image if needed and creates the container. After an abort it rejects soon, and `remove()` removes what was made. */
  prepare(signal: AbortSignal): Promise<void>
  /**
   * Copies files into the container: after `prepare`, before `start`. They belong to the user that the task runs as. After an abort it
   * rejects soon, and the container is not started. An engine without this method gets no task that has `files`.
   */
  copyIn?(files: readonly FileSource[], signal: AbortSignal): Promise<void>
  /**
   * Reads a file or a folder of the container after its end, a folder before what is in it. Resolves with undefined when nothing is there.
   * Links on the way are followed inside the container only, and links that are found are not followed. Leaving the loop releases the rest.
   * An engine without this method gets no task that has `artifacts`.
   */
  copyOut?(path: string, signal: AbortSignal): Promise<AsyncIterable<FoundEntry> | undefined>
  /**
   * Starts the container. Resolves when it runs, or has ended already. A command that is not found or not executable is an exit (127, 126)
   * and not an error.
   */
  start(streams: ContainerStreams, events: ContainerEvents): Promise<void>
  /**
   * Resolves when the container has ended and its output is complete or given up. Rejects when `start` failed or the engine is lost. It may be
   * called at any time, and returns the same promise each time.
   */
  wait(): Promise<Exit>
  /** Freezes every process of the container. Idempotent. */
  pause(): Promise<void>
  /** Thaws the container. Idempotent. */
  unpause(): Promise<void>
  /**
   * Sends a signal to the main process of the container, after a start that is under way. Resolves when the engine has accepted it, or
   * nothing runs. Not called while the container is paused. Without this member, a task is killed without being asked to end.
   *
   * @param name - `'SIGTERM'`, `'SIGUSR1'`, `'SIGRTMIN+3'`. Undefined: the stop signal of the image, else SIGTERM.
   */
  signal?(name: string | undefined): Promise<void>
  /**
   * Ends the container by SIGKILL, also a frozen one, after a start that is under way. From then on a sink that is not ready gets no further
   * output. Resolves when the engine has accepted the signal, or nothing runs. Idempotent.
   */
  kill(): Promise<void>
  /** Removes the container in any state, with everything that calls under way still make. Returns the same promise until it fails. */
  remove(): Promise<void>
  /** Resource samples while the container runs, about one a second. Completes at its end. Sampling starts with the subscription. */
  readonly stats$: Observable<Stat>
  /**
   * How long a run without subscribers is not sampled, in ms. 0 suits an engine whose samples cost next to nothing.
   *
   * @default 250
   */
  readonly samplingDelay?: number
  /** The progress of pulling the image, if it is pulled. Completes when `prepare` settles. */
  readonly pull$?: Observable<PullProgress>
}

/** Whether and where an engine's containers can share a unix socket with this process. */
export interface SocketSharing {
  /** Why they cannot; undefined when they can. */
  readonly unavailable: string | undefined
  /**
   * A folder that this process and the engine both see, under the same path.
   *
   * @default the system's folder for temporary files
   */
  readonly folder?: string | undefined
}

/** How `cookietin gc` removes what an engine's containers leave behind when this process exits. */
export interface GcAfterExit {
  /** The value of its option `--driver`. */
  readonly driver: string
  /** Variables that name the engine, beside the environment of this process. */
  readonly env: Readonly<Record<string, string>>
}

/** The number of spare containers by their state. Together they are `size`. */
export interface SpareUsage {
  readonly size: number
  /** Ready to be adopted. */
  readonly ready: number
  /** Being made or replaced. */
  readonly pending: number
}

/** The same of one kind. */
export interface SpareKindUsage extends SpareUsage {
  /** Why they cannot be made, as long as that keeps failing. */
  readonly error?: unknown
}

/** Spare containers to be made. */
export interface SpareKind {
  /** What they are made for. A task that differs only in what a create call does not fix can run in one. */
  readonly task: ResolvedTask
  /** How many are held ready. */
  readonly size: number
  /** Makes the task of one container, where each has something of its own, such as a mount. */
  readonly make?: () => Promise<ResolvedTask>
  /** Called with such a task when its container is removed and was not adopted. */
  readonly unmake?: (task: ResolvedTask) => Promise<void>
}

/** Spare containers of one kind. */
export interface SpareContainers {
  /** The present usage, then every change. Completes when they are removed. */
  readonly usage$: Observable<SpareKindUsage>
  /** What the containers that wait were made for. */
  readonly waiting: readonly ResolvedTask[]
  /** Removes those that wait. Runs that have got one go on. */
  close(): Promise<void>
}

/** Runs containers. A driver works with any engine that implements this. */
export interface Engine {
  /** `'docker'`, `'process'`, `'mock'`, or the name of your own. */
  readonly name: string
  /**
   * Why a container of this engine cannot share a unix socket in a folder of this machine; undefined when it can.
   * Hot functions need such a socket. An engine without this member cannot share one.
   */
  readonly socketSharing?: SocketSharing
  /**
   * Opens a hot function whose containers are on other hosts. An engine without this member has them on this machine.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for what cannot be sent to another host.
   */
  openFunction?(spec: RemoteFunctionSpec): RemoteFunction
  /** How many GPUs it has for tasks. An executor admits no more. Undefined: none are counted. */
  readonly gpus?: number
  /**
   * Makes the handle of a container. Does no I/O.
   *
   * @throws InvalidInputError for a task that this engine cannot run.
   */
  container(task: ResolvedTask): EngineContainer
  /**
   * Refuses a task as `container()` would. An engine with this member gets the call of `container()` when the turn of a task comes, so that
   * a queued task costs little memory. Without it, the handle is made when the task is queued.
   *
   * @throws InvalidInputError for a task that this engine cannot run.
   */
  check?(task: ResolvedTask): void
  /**
   * Begins to make containers ahead, which tasks like this one get. An engine without this member has none.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` for a task that no spare container can serve.
   */
  openSpares?(kind: SpareKind): SpareContainers
  /** How an executor runs a task again that says nothing of it. Undefined: not at all. */
  retryOf?(task: ResolvedTask): ResolvedRetry | undefined
  /** The usage of all spare containers, where the engine has them. */
  readonly spares$?: Observable<SpareUsage>
  /**
   * Names of containers that could not be removed, and whose removal the engine tries again by itself. Undefined for an
   * engine that does not try again.
   */
  readonly leftovers?: readonly string[]
  /**
   * What is to be removed when this process exits now, for an executor with `closeOn: ['exit']`. Called at the exit; does no I/O. Undefined:
   * nothing. An engine without this member leaves what it has.
   *
   * @param hasRuns - An executor has runs or functions whose containers are not removed.
   */
  gcAfterExit?(hasRuns: boolean): GcAfterExit | undefined
  /** Closes connections and timers. Called after every container's `remove` has settled. */
  close(): Promise<void>
}
