import type { Observable } from 'rxjs'
import type { RunResult, Transition } from '../cookie/result.ts'
import type { HotFunction } from '../functions/function.ts'
import type { FunctionSpec } from '../functions/spec.ts'
import type { ContainerTask } from '../task/task.ts'
import type { Execution } from './execution.ts'

/** What {@link Executor.run} takes besides the task. */
export interface RunOptions {
  /** Aborting it cancels the run, whatever it is at. */
  readonly signal?: AbortSignal | undefined
  /** Higher runs earlier. Default 0. */
  readonly priority?: number | undefined
}

/** A task whose output is captured as text. */
export type TextTask = ContainerTask & { readonly encoding?: 'utf8' | undefined }

/** A task whose output is captured as bytes. */
export type BytesTask = ContainerTask & { readonly encoding: 'buffer' }

/** Tasks, all there or made as they are taken. */
export type Tasks<Task extends ContainerTask> = Iterable<Task> | AsyncIterable<Task>

/** Runs tasks, so many at once, each as a cookie that it closes behind itself. */
export interface Executor extends AsyncDisposable {
  /**
   * Runs a task when its turn comes. Resolves with how it ended, however; rejects when the implementation failed or the task is invalid.
   * The container is removed after the result is there: `onIdle()` and `close()` wait for that.
   */
  run(task: BytesTask, options?: RunOptions): Execution<Uint8Array>
  run(task: TextTask, options?: RunOptions): Execution<string>
  run(task: ContainerTask, options?: RunOptions): Execution
  /**
   * Runs tasks and gives their results in the tasks' order. Takes no more tasks than 1,000 ahead of the results that were taken.
   * Leaving the loop early, or a task that rejects, cancels those that are under way.
   */
  runAll(tasks: Tasks<BytesTask>, options?: RunOptions): AsyncGenerator<RunResult<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options?: RunOptions): AsyncGenerator<RunResult<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options?: RunOptions): AsyncGenerator<RunResult, void, undefined>
  /**
   * Makes a function of an image that speaks Fn's `http-stream`: its containers are started once, called many times, and frozen while
   * nobody calls. They count towards `concurrency`, `memory` and `cpus` as tasks do; those that are idle are ended when others need the room.
   * Throws `ERR_COOKIETIN_INVALID_TASK`, listing every bad field.
   */
  function(spec: FunctionSpec): HotFunction
  /** Every change of state of every cookie, from now on; completes when the executor is closed. */
  readonly transitions$: Observable<Transition>
  /** How many tasks run; containers of hot functions count, too. */
  readonly pending: number
  /** How many tasks wait for their turn; containers of hot functions count, too. */
  readonly size: number
  /** Resolves when no task waits, none runs and everything of them is removed. Hot functions are no tasks. */
  onIdle(): Promise<void>
  /**
   * Takes no more tasks, lets those it has come to their end (with `force`: cancels them), and cleans up. Idempotent; a later call with `force` hastens an earlier one.
   * Rejects with `ERR_COOKIETIN_NOT_CLEANED`, naming what is left.
   */
  close(options?: { readonly force?: boolean | undefined }): Promise<void>
}
