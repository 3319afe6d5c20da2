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
   * Ends the run in any state: queued, pulling, starting, running, frozen. Its status becomes `cancelled`, with the reason as the error's cause.
   * Does nothing after the run has ended. `stop` overrides the task's `stopSignal`, `stopGrace` and `thaw`. A second call kills a program that
   * is still ending.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` when `stop` has a bad field.
   */
  cancel(reason?: unknown, stop?: StopOptions): void
}

/** A run: a promise of its result that is also its handle. */
export type Execution<Output extends Captured = Captured> = Promise<RunResult<Output>> & ExecutionHandle

/** The handle of a run, and what settles its promise. */
export interface Handle {
  readonly execution: Execution
  resolve(result: RunResult): void
  reject(error: unknown): void
}

/** The promise of a result that is the handle of its run, too. Its members are the prototype's: a million of them may wait. */
class RunExecution extends Promise<RunResult> {
  readonly #source: RunSource

  constructor(source: RunSource, executor: ConstructorParameters<typeof Promise<RunResult>>[0]) {
    super(executor)
    this.#source = source
  }

  /** What follows it is a promise, and no handle. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  static {
    for (const name of delegatedMembers) {
      Object.defineProperty(RunExecution.prototype, name, {
        get(this: RunExecution) {
          const value: unknown = this.#source[name]
          return typeof value === 'function' ? value.bind(this.#source) : value
        },
        enumerable: true,
      })
    }
  }

  get cancel() {
    return (reason?: unknown, stop?: StopOptions) => void this.#source.cancel(reason, stop)
  }

  /** `console.log` prints what a run is, and not its streams. */
  [inspect.custom](): object {
    return { run: this.#source.id, state: this.#source.state }
  }
}

const unset = () => {}

/** Makes the handle of a run, which is the promise of its result, and what settles it. */
export function executionOf(source: RunSource): Handle {
  let resolve: Handle['resolve'] = unset
  let reject: Handle['reject'] = unset
  const promise: Promise<RunResult> = new RunExecution(source, (...settling) => {
    ;[resolve, reject] = settling
  })
  return { execution: promise as Execution, resolve, reject }
}

/** A run that was refused: nothing was created. */
export function refusedExecution(id: string, error: CookietinError): Execution {
  const { execution, reject } = executionOf({
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
  })
  reject(error)
  return execution
}
