import type { Observable } from 'rxjs'
import type { Captured, RunResult, Transition } from '../cookie/result.ts'
import type { SpareUsage } from '../engines/engine.ts'
import type { CookietinError } from '../errors.ts'
import type { HotFunction } from '../functions/function.ts'
import type { FunctionSpec } from '../functions/spec.ts'
import type { RetryOptions } from '../task/retry/types.ts'
import type { ContainerTask } from '../task/task.ts'
import type { Execution } from './execution.ts'

/** Options of {@link Executor.run}. */
export interface RunOptions {
  /** Aborting it cancels the run, whatever it is at. */
  readonly signal?: AbortSignal | undefined
  /**
   * A task of higher priority starts earlier. A task of lower priority may wait for ever while others keep coming.
   *
   * @default 0
   */
  readonly priority?: number | undefined
  /**
   * How the task is run again when an attempt fails. It replaces the task's own `retry`.
   *
   * @default the task's own
   */
  readonly retry?: RetryOptions | undefined
}

/** Options of {@link Executor.runAll}. */
export interface RunAllOptions extends RunOptions {
  /**
   * How many tasks may be taken from the source before their results are taken: those that wait, run or are done. None is taken while the
   * results that wait hold more than 64 MiB.
   *
   * @default twice the executor's concurrency
   */
  readonly ahead?: number | undefined
  /**
   * True yields each result as soon as its task ends. False keeps the order of the tasks.
   *
   * @default false
   */
  readonly unordered?: boolean | undefined
  /**
   * True yields how every task ended, as soon as it does: the error of a task that rejects is a value, and the loop goes on.
   *
   * @default false
   */
  readonly settle?: boolean | undefined
}

/** How one task of {@link Executor.runAll} ended, with `settle: true`. */
export type SettledRun<Output extends Captured = Captured> = {
  /** The task, as the source gave it. */
  readonly task: ContainerTask
  /** The place of the task in the source, from 0. */
  readonly index: number
} & (
  | {
      /** `'fulfilled'` where there is a result. A task that failed has one. */
      readonly status: 'fulfilled'
      /** The result, of any status; undefined where there is none. */
      readonly value: RunResult<Output>
      readonly reason?: undefined
    }
  | {
      /** `'rejected'` where there is none. */
      readonly status: 'rejected'
      /** Why there is no result; undefined where there is one. */
      readonly reason: CookietinError
      readonly value?: undefined
    }
)

/** Options of {@link Executor.runAll} that make it yield {@link SettledRun}. */
export type SettleOptions = RunAllOptions & { readonly settle: true }

/** A task whose output is captured as text. */
export type TextTask = ContainerTask & { readonly encoding?: 'utf8' | undefined }

/** A task whose output is captured as bytes. */
export type BytesTask = ContainerTask & { readonly encoding: 'buffer' }

/** Tasks: in an array, or made when they are taken. */
export type Tasks<Task extends ContainerTask> = Iterable<Task> | AsyncIterable<Task>

/** Options of {@link Executor.template}. */
export interface TemplateOptions {
  /** How many containers are started ahead and wait for a task: 1 to 256. */
  readonly spares: number
}

/** What a run changes of its template's task. */
export type TaskChanges = Omit<Partial<ContainerTask>, 'encoding'>

/** One kind of task, whose containers are started ahead. */
export interface Template<Output extends Captured = Captured> extends AsyncDisposable {
  /**
   * Runs the template's task with changes. A run that changes only what a container's creation does not fix (command,
   * variables, working directory, input, files, limits of time) gets a container that waits; any other has one of its own.
   *
   * @example
   * const { stdout } = await template.run({ command: ['python3', '-c', 'print(1)'] })
   */
  run(changes?: TaskChanges, options?: RunOptions): Execution<Output>
  /** How many containers wait: now, then at every change. Completes when the template is closed. */
  readonly spares$: Observable<SpareUsage>
  /**
   * Resolves when all of its containers wait. Rejects with the reason while they cannot be made.
   *
   * @throws CookietinError `ERR_COOKIETIN_CLOSED` when it is closed before.
   */
  ready(): Promise<void>
  /** Removes the containers that wait. Runs that have begun go on. Idempotent. */
  close(): Promise<void>
}

/** Runs tasks with a bound on how many run at once. Each run is a cookie, which the executor closes. */
export interface Executor extends AsyncDisposable {
  /**
   * Queues a task and runs it. Resolves with the result, for every way in which the task can end. Rejects when the task is invalid or
   * the implementation failed. The container is removed after that: `onIdle()` and `close()` wait for it.
   *
   * @throws CookietinError never: a failure rejects the execution.
   *
   * @example
   * const { status, stdout } = await executor.run({ image: 'busybox', command: ['echo', 'hi'] })
   */
  run(task: BytesTask, options?: RunOptions): Execution<Uint8Array>
  run(task: TextTask, options?: RunOptions): Execution<string>
  run(task: ContainerTask, options?: RunOptions): Execution
  /**
   * Runs the tasks of a source, an iterable, sync or async, and yields their results, in the order of the tasks. Reads the source only as far
   * ahead as `ahead` says.
   *
   * Leaving the loop, or a task that rejects, cancels the tasks that were taken. Aborting the signal cancels them, too: their results are
   * yielded, and the loop ends. In each case the source is released.
   *
   * With `settle: true` no task ends the loop: each yields its result or its error, with the task and its index, as soon as it ends.
   *
   * @example
   * for await (const { status } of executor.runAll(tasks, { unordered: true })) console.log(status)
   */
  runAll(tasks: Tasks<BytesTask>, options: SettleOptions): AsyncGenerator<SettledRun<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options: SettleOptions): AsyncGenerator<SettledRun<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options: SettleOptions): AsyncGenerator<SettledRun, void, undefined>
  runAll(tasks: Tasks<BytesTask>, options?: RunAllOptions): AsyncGenerator<RunResult<Uint8Array>, void, undefined>
  runAll(tasks: Tasks<TextTask>, options?: RunAllOptions): AsyncGenerator<RunResult<string>, void, undefined>
  runAll(tasks: Tasks<ContainerTask>, options?: RunAllOptions): AsyncGenerator<RunResult, void, undefined>
  /**
   * Starts containers for one kind of task ahead, as many as `spares` says. A run of the template gets one that waits, and so begins some
   * milliseconds after the call, in a container that served no other run.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
   *
   * @example
   * await using python = executor.template({ image: 'python:3-slim', memory: '64m', profile: 'hardened' }, { spares: 4 })
   * const { stdout } = await python.run({ command: ['python3', '-c', 'print(1)'] })
   */
  template(task: BytesTask, options: TemplateOptions): Template<Uint8Array>
  template(task: TextTask, options: TemplateOptions): Template<string>
  template(task: ContainerTask, options: TemplateOptions): Template
  /**
   * Makes a function of an image that implements Fn's `http-stream`. Its containers start once, serve many calls, and are frozen while idle.
   * They count towards `concurrency`, `memory` and `cpus` as tasks do. Idle ones are ended when a task or another function needs their place.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad field.
   *
   * @example
   * await using greet = executor.function({ image: 'example/fdk', memory: '256m' })
   * const response = await greet.invoke({ body: 'Ada' })
   */
  function(spec: FunctionSpec): HotFunction
  /** Every change of state of every cookie from now on. The first of a run leads to `created`. Completes when the executor is closed. */
  readonly transitions$: Observable<Transition>
  /** Every run from now on, when it is queued. Completes when the executor is closed. */
  readonly runs$: Observable<Execution>
  /** The runs that are queued, running or being removed. */
  readonly executions: Iterable<Execution>
  /** How many tasks are running. Containers of hot functions count, too. */
  readonly pending: number
  /**
   * How many tasks are queued. Containers of hot functions count, too. A queued task takes about 1.5 KiB of memory: its container's handle is
   * made when its turn comes.
   */
  readonly size: number
  /** Resolves when no task is queued or running, and everything of them is removed. Hot functions do not count. */
  onIdle(): Promise<void>
  /**
   * Accepts no more tasks, runs the accepted ones to their end, and cleans up. Frozen runs are thawed. With `force`, all are cancelled: programs with a `stopGrace` get it.
   * Idempotent; a later call with `force` cancels what an earlier call waits for, and one more kills what is still ending.
   *
   * @throws CookietinError `ERR_COOKIETIN_NOT_CLEANED`, with the names of all that is left.
   */
  close(options?: { readonly force?: boolean | undefined }): Promise<void>
}
