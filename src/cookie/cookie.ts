import type { Readable } from 'node:stream'
import type { Observable } from 'rxjs'
import type { InspectionEvent, Observer } from 'xstate'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { PullProgress } from '../engines/pull-progress.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { StopOptions } from '../task/task.ts'
import type { CookieActor } from './recorder.ts'
import type { RunResult, Transition } from './result.ts'

/** A handle to wait for a started run (Fn's `WaitResult`). */
export interface WaitResult {
  /**
   * Resolves when the task has ended, with any status. Rejects when the implementation failed. Every call returns the
   * same result. Aborting the signal cancels the task, unless its exit was seen before.
   */
  wait(options?: { readonly signal?: AbortSignal | undefined }): Promise<RunResult>
}

/** One container run, from before its creation until after its removal (Fn's `Cookie`). */
export interface Cookie extends AsyncDisposable {
  /** The name of the run: the task's `id`. */
  readonly id: string
  /** The task, validated and complete. */
  readonly task: ResolvedTask
  /** The XState actor. Its state is the only truth about the cookie. */
  readonly actor: CookieActor
  /** The present state. A run of an executor is `created` while it waits for its turn. */
  readonly state: CookieState
  /** Emits the present state, then every later one. Completes when the cookie is closed. */
  readonly state$: Observable<CookieState>
  /** Emits every change of state from now on. Completes when the cookie is closed. */
  readonly transitions$: Observable<Transition>
  /**
   * Emits resource samples from now on, about one per second. Completes when the run has ended. All subscribers share
   * one stream of the engine. Put a slow subscriber behind `keepLatest()`.
   */
  readonly stats$: Observable<Stat>
  /**
   * Emits the latest progress of the image's pull, then every later one. Emits nothing where the image is present.
   * Completes with the pull or the cookie. The cookie reports a failed pull.
   */
  readonly pull$: Observable<PullProgress>
  /**
   * The engine's own create options (Fn's `ContainerOptions`). They can be changed until the cookie is prepared. What they loosen must be listed
   * in the config's `allow`.
   */
  readonly containerOptions: object
  /** Standard output as a Node stream. Once accessed, it must be read: an unread stream blocks the container. */
  readonly stdout: Readable
  /** Standard error as a Node stream. Once accessed, it must be read: an unread stream blocks the container. */
  readonly stderr: Readable
  /** Makes the image present and creates the container. Resolves at once when that is done. Aborting the signal cancels the cookie. */
  prepare(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Starts the task, and prepares it first where necessary. Resolves with Fn's `WaitResult`, whose `wait({ signal? })` gives the result.
   * Aborting the signal cancels the task while it runs.
   */
  run(options?: { readonly signal?: AbortSignal | undefined }): Promise<WaitResult>
  /**
   * Freezes every process of the container; its timeout stands still. Resolves at once when it is frozen already. Rejects with
   * `ERR_COOKIETIN_INVALID_STATE` when it is not running.
   */
  freeze(): Promise<void>
  /**
   * Thaws the container. Resolves at once when it runs already.
   * Rejects with `ERR_COOKIETIN_INVALID_STATE` when it is not frozen.
   */
  unfreeze(): Promise<void>
  /**
   * Sends a signal to the main process: a name such as `'SIGUSR1'`, or a number. What follows is the program's: its exit code decides the
   * status. SIGKILL ends the run as `kill()` does. Rejects with `ERR_COOKIETIN_INVALID_STATE` when it is not running.
   */
  signal(name: string | number): Promise<void>
  /** Ends the run by SIGKILL, from any state, with status `killed`. Resolves at once when it has ended already. */
  kill(): Promise<void>
  /**
   * Cancels the run, from any state, with status `cancelled`. Resolves at once when it has ended already. `stop` overrides the task's
   * `stopSignal`, `stopGrace` and `thaw`. A second call kills a program that is still ending.
   */
  cancel(reason?: unknown, stop?: StopOptions): Promise<void>
  /**
   * Cancels a run that has not ended, waits for it, and removes everything that the cookie created. Idempotent; `await using` does it. Rejects
   * with `ERR_COOKIETIN_NOT_CLEANED`, which names the rest.
   */
  close(): Promise<void>
}

/** How a cookie is inspected, and the limits of its result. */
export interface CookieOptions {
  /**
   * How many points `RunResult.stats` may hold. 0: nothing is sampled unasked.
   *
   * @default 240, as Fn
   */
  readonly maxStats?: number | undefined
  /**
   * Adds the least and the greatest value of each metric to the points of a result, as `mem_usage_min` and
   * `mem_usage_max`.
   *
   * @default false
   */
  readonly statExtremes?: boolean | undefined
  /**
   * How many bytes of each output stream a result may hold.
   *
   * @default 8 MiB, 1 MiB of a stream that goes to a writable of the task
   */
  readonly maxOutput?: number | undefined
  /**
   * Kills a run that writes more than `maxOutput` to one of its streams. Its status is `killed`, its code
   * `ERR_COOKIETIN_OUTPUT_TOO_LARGE`.
   *
   * @default false
   */
  readonly killOnMaxOutput?: boolean | undefined
  /** An XState inspector, such as that of `cookietin/inspector`: gets every event of the cookie's actor. */
  readonly inspect?: ((event: InspectionEvent) => void) | Observer<InspectionEvent> | undefined
}
