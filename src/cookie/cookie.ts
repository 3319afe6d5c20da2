import type { Readable } from 'node:stream'
import type { Observable } from 'rxjs'
import type { InspectionEvent, Observer } from 'xstate'
import type { CookieState } from '../../machines/cookie-states.ts'
import type { PullProgress } from '../engines/pull-progress.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/task.ts'
import type { CookieActor } from './recorder.ts'
import type { RunResult, Transition } from './result.ts'

/** Waits for a run that has been started (Fn's `WaitResult`). */
export interface WaitResult {
  /**
   * Resolves when the task has ended, however; rejects when the implementation failed. Every call gives the same result.
   * Aborting the signal cancels the task; an exit that was seen before stays what it is.
   */
  wait(options?: { readonly signal?: AbortSignal | undefined }): Promise<RunResult>
}

/** One container run, from before it exists until after it is gone (Fn's `Cookie`). */
export interface Cookie extends AsyncDisposable {
  readonly id: string
  /** The task, validated and complete. */
  readonly task: ResolvedTask
  /** The XState actor. Its state is the only truth about the cookie. */
  readonly actor: CookieActor
  readonly state: CookieState
  /** The present state, then every one that follows; completes when the cookie is closed. */
  readonly state$: Observable<CookieState>
  /** Every change of state from now on; completes when the cookie is closed. */
  readonly transitions$: Observable<Transition>
  /**
   * Resource samples from now on, about one a second; completes when the run has ended. All subscribers share one stream of the engine. A
   * subscriber that is slow belongs behind `keepLatest()`.
   */
  readonly stats$: Observable<Stat>
  /**
   * How the making present of the image goes: the latest and what follows. Says nothing where the image is there. Completes with the pull or the cookie; a pull that
   * fails is told by the cookie.
   */
  readonly pull$: Observable<PullProgress>
  /** The engine's own create options; changeable until the cookie is prepared (Fn's `ContainerOptions`). */
  readonly containerOptions: object
  /** Standard output as a Node stream. Once asked for, it must be read: it holds the container up otherwise. */
  readonly stdout: Readable
  /** Standard error as a Node stream. Once asked for, it must be read: it holds the container up otherwise. */
  readonly stderr: Readable
  /** Makes the image present and creates the container. Resolves at once where that has been done. */
  prepare(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Starts the task, preparing it first where that was not done. Aborting the signal cancels the task as long as it runs. */
  run(options?: { readonly signal?: AbortSignal | undefined }): Promise<WaitResult>
  /** Freezes the container; its timeout stands still. Resolves at once when it is frozen already; rejects with `ERR_COOKIETIN_INVALID_STATE` where nothing runs. */
  freeze(): Promise<void>
  /** Thaws the container. Resolves at once when it runs already; rejects with `ERR_COOKIETIN_INVALID_STATE` where nothing is frozen. */
  unfreeze(): Promise<void>
  /** Ends the run by SIGKILL, from any state; status `killed`. Resolves at once when it has ended already. */
  kill(): Promise<void>
  /** Ends the run as a cancel, from any state; status `cancelled`. Resolves at once when it has ended already. */
  cancel(reason?: unknown): Promise<void>
  /** Cancels what still runs and removes all that the cookie made. Idempotent. Rejects with `ERR_COOKIETIN_NOT_CLEANED`, naming what is left. */
  close(): Promise<void>
}

/** How a cookie is watched and bounded. */
export interface CookieOptions {
  /** How many points `RunResult.stats` may hold. Default 240, as Fn. */
  readonly maxStats?: number | undefined
  /** Adds the least and the greatest value of each metric to the points of a result, as `mem_usage_min` and `mem_usage_max`. Default false. */
  readonly statExtremes?: boolean | undefined
  /** How many bytes of each output stream a result may hold. Default 8 MiB, 1 MiB of a stream that goes to a writable of the task. */
  readonly maxOutput?: number | undefined
  /** An XState inspector: gets every event of the cookie's actor. */
  readonly inspect?: ((event: InspectionEvent) => void) | Observer<InspectionEvent> | undefined
}
