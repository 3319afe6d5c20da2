import { PassThrough, type Readable } from 'node:stream'
import { EMPTY, type Observable, of } from 'rxjs'
import type { Cookie } from '../cookie.ts'
import type { CookietinError } from '../errors.ts'
import type { PullProgress } from '../pull-progress.ts'
import type { Captured, RunResult, Transition } from '../result.ts'
import type { CookieState } from '../states.ts'
import type { Stat } from '../stats/stat.ts'

/** What can be done with a run besides awaiting it. */
export interface ExecutionHandle {
  /** The cookie's id. */
  readonly id: string
  /** The cookie's state; `created` while it waits for its turn. */
  readonly state: CookieState
  /** The present state, then every one that follows; completes when the cookie is closed. */
  readonly state$: Observable<CookieState>
  /** Every change of state from now on; completes when the cookie is closed. */
  readonly transitions$: Observable<Transition>
  /** Resource samples from now on, about one a second; completes when the run has ended. */
  readonly stats$: Observable<Stat>
  /** How the making present of the image goes: the latest and what follows. Says nothing where the image is there. Completes with the pull or the run. */
  readonly pull$: Observable<PullProgress>
  /** Standard output as a Node stream. Once asked for, it must be read: it holds the container up otherwise. */
  readonly stdout: Readable
  /** Standard error as a Node stream. Once asked for, it must be read: it holds the container up otherwise. */
  readonly stderr: Readable
  /** Ends the run, whatever it is at: waiting, pulling, starting, running, frozen. Status `cancelled`, with the reason as the error's cause. Does nothing once it has ended. */
  cancel(reason?: unknown): void
  /** Freezes the container; its timeout stands still. Rejects with `ERR_COOKIETIN_INVALID_STATE` where nothing runs. */
  freeze(): Promise<void>
  /** Thaws the container. Rejects with `ERR_COOKIETIN_INVALID_STATE` where nothing is frozen or runs. */
  unfreeze(): Promise<void>
}

/** A run: a promise of its result that is also its handle. */
export type Execution<Output extends Captured = Captured> = Promise<RunResult<Output>> & ExecutionHandle

/** Makes a promise its own handle. */
export function executionOf(cookie: Cookie, result: Promise<RunResult>): Execution {
  return attach(result, {
    get id() {
      return cookie.id
    },
    get state() {
      return cookie.state
    },
    get state$() {
      return cookie.state$
    },
    get transitions$() {
      return cookie.transitions$
    },
    get stats$() {
      return cookie.stats$
    },
    get pull$() {
      return cookie.pull$
    },
    get stdout() {
      return cookie.stdout
    },
    get stderr() {
      return cookie.stderr
    },
    cancel: reason => void cookie.cancel(reason),
    freeze: () => cookie.freeze(),
    unfreeze: () => cookie.unfreeze(),
  })
}

/** A run that could not even begin: nothing was created. */
export function refusedExecution(id: string, error: CookietinError): Execution {
  const ended = () => new PassThrough().end()
  return attach(Promise.reject(error), {
    id,
    state: 'failed',
    state$: of('failed'),
    transitions$: EMPTY,
    stats$: EMPTY,
    pull$: EMPTY,
    get stdout() {
      return ended()
    },
    get stderr() {
      return ended()
    },
    cancel: () => {},
    freeze: () => Promise.reject(error),
    unfreeze: () => Promise.reject(error),
  })
}

function attach(result: Promise<RunResult>, handle: ExecutionHandle): Execution {
  return Object.defineProperties(result, Object.getOwnPropertyDescriptors(handle)) as Execution
}
