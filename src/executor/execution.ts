import { PassThrough } from 'node:stream'
import { inspect } from 'node:util'
import { EMPTY, of } from 'rxjs'
import type { Cookie } from '../cookie/cookie.ts'
import type { Captured, RunResult } from '../cookie/result.ts'
import type { CookietinError } from '../errors.ts'
import type { StopOptions } from '../task/task.ts'

/** The members of a cookie that its run offers, too. A new one is named here alone. */
export const delegatedMembers = [
  'id',
  'state',
  'state$',
  'transitions$',
  'stats$',
  'pull$',
  'stdout',
  'stderr',
  'freeze',
  'unfreeze',
  'signal',
] as const satisfies readonly (keyof Cookie)[]

type RunSource = Pick<Cookie, (typeof delegatedMembers)[number]> & {
  cancel(reason?: unknown, stop?: StopOptions): unknown
}

/** The members of a run besides its promise. Its state is `created` while it waits in the queue. */
export interface ExecutionHandle extends Pick<Cookie, (typeof delegatedMembers)[number]> {
  /**
   * Ends the run in any state: queued, pulling, starting, running, frozen. Its status becomes `cancelled`, with the reason as
   * the error's cause. Does nothing after the run has ended. `stop` overrides how the task is stopped. A second call kills a program that
   * is still ending.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` when `stop` has a bad field.
   */
  cancel(reason?: unknown, stop?: StopOptions): void
}

/** A run: a promise of its result that is also its handle. */
export type Execution<Output extends Captured = Captured> = Promise<RunResult<Output>> & ExecutionHandle

/** Makes the promise of a result the handle of its run. */
export function executionOf(source: RunSource, result: Promise<RunResult>): Execution {
  const members = delegatedMembers.map(name => {
    const get = () => {
      const value: unknown = source[name]
      return typeof value === 'function' ? value.bind(source) : value
    }
    return [name, { get, enumerable: true }] as const
  })
  const cancel = (reason?: unknown, stop?: StopOptions) => void source.cancel(reason, stop)
  return Object.defineProperties(result, {
    ...Object.fromEntries(members),
    cancel: { value: cancel, enumerable: true },
    // `console.log` prints what a run is, and not its streams.
    [inspect.custom]: { value: () => ({ run: source.id, state: source.state }) },
  }) as Execution
}

/** A run that was refused: nothing was created. */
export function refusedExecution(id: string, error: CookietinError): Execution {
  return executionOf(
    {
      id,
      state: 'failed',
      state$: of('failed'),
      transitions$: EMPTY,
      stats$: EMPTY,
      pull$: EMPTY,
      get stdout() {
        return new PassThrough().end()
      },
      get stderr() {
        return new PassThrough().end()
      },
      freeze: () => Promise.reject(error),
      unfreeze: () => Promise.reject(error),
      signal: () => Promise.reject(error),
      cancel: () => {},
    },
    Promise.reject(error),
  )
}
