import { PassThrough } from 'node:stream'
import { EMPTY, of } from 'rxjs'
import type { Cookie } from '../cookie/cookie.ts'
import type { Captured, RunResult } from '../cookie/result.ts'
import type { CookietinError } from '../errors.ts'

/** What can be done with a run besides awaiting it: what its cookie offers, whose state is `created` while it waits for its turn. */
export interface ExecutionHandle
  extends Pick<
    Cookie,
    'id' | 'state' | 'state$' | 'transitions$' | 'stats$' | 'pull$' | 'stdout' | 'stderr' | 'freeze' | 'unfreeze'
  > {
  /** Ends the run, whatever it is at: waiting, pulling, starting, running, frozen. Status `cancelled`, with the reason as the error's cause. Does nothing once it has ended. */
  cancel(reason?: unknown): void
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
