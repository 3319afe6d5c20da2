import type { Cookie } from '../../cookie/cookie.ts'
import type { OpenCookie } from '../../cookie/open-cookie.ts'
import type { Transition } from '../../cookie/result.ts'
import type { Driver } from '../../driver/driver.ts'
import { CookietinError, messageOf, toCookietinError } from '../../errors.ts'
import type { CallObserver, ObservedCall } from '../../functions/call/record.ts'
import type { HotFunction } from '../../functions/function.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import type { RunEnd } from './run-log.ts'

/** Follows the runs and calls of executors. A telemetry of `cookietin/telemetry` is one. An error of its calls is only a process warning. */
export interface Instrumentation {
  /** Called by each executor when it is made. */
  follow(executor: ObservedExecutor): ExecutorObserver
}

/** An executor, as an {@link Instrumentation} sees it. */
export interface ObservedExecutor {
  readonly driver: Driver
  /** Its functions that are not closed. */
  readonly functions: Iterable<Pick<HotFunction, 'name' | 'slots'>>
}

/** Follows one executor. */
export interface ExecutorObserver {
  /** A run is queued, or a container of a function begins. */
  container(container: ObservedContainer): ContainerObserver | undefined
  /** A function is called. */
  call(call: ObservedCall): CallObserver | undefined
  /** The executor is closed: nothing more follows. */
  closed(): void
}

/** A container that begins: of a run, or of a function. */
export interface ObservedContainer {
  readonly task: ResolvedTask
  /** The name of its function; undefined for a run. */
  readonly functionName: string | undefined
}

/** Follows one run, or one container of a function. */
export interface ContainerObserver {
  /** Variables for the container. Those of the task override them. */
  readonly env: Readonly<Record<string, string>>
  /** Its state has changed. From `preparing` on, `source` gives its pull and its samples. */
  changed(transition: Transition, source: Pick<Cookie, 'pull$' | 'stats$'>): void
  /** It has ended. Called once. */
  ended(end: RunEnd): void
  /** Its container is removed, or could not be. Called once, last. */
  closed(error: unknown): void
}

/**
 * Follows an executor with an instrumentation, whose errors then concern no run: the first is emitted as a process warning.
 *
 * @throws CookietinError `ERR_COOKIETIN_INVALID_CONFIG` when it cannot follow at all.
 */
export function guardedObserver(instrumentation: Instrumentation, executor: ObservedExecutor): ExecutorObserver {
  let hasWarned = false
  const guard = <T>(act: () => T): T | undefined => {
    try {
      return act()
    } catch (error) {
      if (!hasWarned) {
        const message = `The telemetry threw an error, and its figures may be incomplete: ${messageOf(error)}`
        process.emitWarning(message, { code: 'COOKIETIN_TELEMETRY' })
      }
      hasWarned = true
      return undefined
    }
  }
  let observer: ExecutorObserver
  try {
    observer = instrumentation.follow(executor)
  } catch (cause) {
    const message = `The telemetry cannot follow the executor: ${messageOf(cause)}`
    throw new CookietinError('ERR_COOKIETIN_INVALID_CONFIG', message, { cause })
  }
  return {
    container: container =>
      guard(() => {
        const followed = observer.container(container)
        if (followed === undefined) return undefined
        return {
          env: { ...followed.env },
          changed: (transition, source) => guard(() => followed.changed(transition, source)),
          ended: end => guard(() => followed.ended(end)),
          closed: error => guard(() => followed.closed(error)),
        }
      }),
    call: call =>
      guard(() => {
        const followed = observer.call(call)
        if (followed === undefined) return undefined
        return { headers: { ...followed.headers }, ended: record => guard(() => followed.ended(record)) }
      }),
    closed: () => guard(() => observer.closed()),
  }
}

/** Makes the cookie of a function's container, and tells its observer of its end. `open` passes its transitions on. */
export function openObserved(
  task: ResolvedTask,
  observer: ContainerObserver,
  open: (observed: (transition: Transition) => void) => OpenCookie,
): OpenCookie {
  let cookie: OpenCookie | undefined
  try {
    cookie = open(transition => {
      if (cookie !== undefined) observer.changed(transition, cookie)
      if (transition.to === 'closed') observer.closed(undefined)
    })
  } catch (error) {
    observeRefusal(observer, task, error)
    throw error
  }
  cookie.result().then(
    result => observer.ended({ task, result }),
    (error: CookietinError) => observer.ended({ task, error }),
  )
  return cookie
}

/** Tells an observer that its container could not be made. */
export function observeRefusal(observer: ContainerObserver | undefined, task: ResolvedTask, error: unknown): void {
  const refusal = toCookietinError(error, 'ERR_COOKIETIN_ENGINE_ERROR', 'Cannot run the task')
  observer?.ended({ task, error: refusal })
  observer?.closed(undefined)
}

/** The task with the variables that its observer adds. */
export function withObserved(task: ResolvedTask, observer: ContainerObserver | undefined): ResolvedTask {
  if (observer === undefined || Object.keys(observer.env).length === 0) return task
  return Object.freeze({ ...task, env: Object.freeze({ ...observer.env, ...task.env }) })
}
