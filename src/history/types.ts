import type { CookieState } from '../../machines/cookie-states.ts'
import type { RunStatus, Transition } from '../cookie/result.ts'
import type { RunLog } from '../executor/run-log.ts'
import type { Stat } from '../stats/stat.ts'
import type { PostgresPool } from './postgres.ts'

/** Where a history is kept, and how much of it. */
export type HistoryOptions = HistoryLimits &
  (
    | {
        /** An SQLite file, which is made with its folder where it is not there. `':memory:'`: for as long as the process lives. */
        readonly path: string
        readonly postgres?: undefined
      }
    | {
        /** The address of a PostgreSQL database (`postgres://…`), for which the package `pg` must be installed; or a pool of it, which stays the caller's to end. */
        readonly postgres: string | PostgresPool
        readonly path?: undefined
      }
  )

/** How much a history keeps, and what it does when it cannot. */
export interface HistoryLimits {
  /** Runs older than this, in ms, are removed when the history is opened and as it grows. Default: none. */
  readonly maxAge?: number | undefined
  /** How many runs are kept, the newest; the others are removed when the history is opened and as it grows. Default: all. */
  readonly maxRuns?: number | undefined
  /** Called with what could not be kept; runs go on. Default: a warning of the process. */
  readonly onError?: ((error: Error) => void) | undefined
  /** How long a result is held back at most until its run is kept, in ms. Default 10 000. */
  readonly timeout?: number | undefined
}

/** `'failed'`: the implementation failed. `'unfinished'`: its end was not kept, so it still runs or its process died. */
export type HistoryStatus = RunStatus | 'failed' | 'unfinished'

/** One run, as a history lists it. Neither environment variables nor input nor output are kept. */
export interface HistoryRun {
  /** Tells it apart from every other run, also from those of the same id. */
  readonly key: string
  /** The cookie's id. */
  readonly id: string
  /** As the task named it. */
  readonly image: string
  /** Empty: the image's own. */
  readonly command: readonly string[]
  readonly status: HistoryStatus
  /** True for an unfinished run whose process is known to be gone. */
  readonly interrupted: boolean
  readonly exitCode: number | undefined
  readonly oomKilled: boolean
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** Unix time in ms; as are the others. */
  readonly createdAt: number
  /** When it ran first; undefined when it never did, or that was not kept. */
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** Milliseconds spent in each state that was entered. */
  readonly timings: Readonly<Partial<Record<CookieState, number>>>
}

/** One run, whole. */
export interface HistoryRecord extends HistoryRun {
  readonly transitions: readonly Transition[]
  /** Resource samples, decimated; whole numbers. */
  readonly stats: readonly Stat[]
}

/** Which runs to list. */
export interface HistoryQuery {
  readonly status?: HistoryStatus | readonly HistoryStatus[] | undefined
  /** The image, in any spelling of its name: `busybox` is `docker.io/library/busybox:latest`. */
  readonly image?: string | undefined
  /** The cookie's id. */
  readonly id?: string | undefined
  /** Created at this time or later, in Unix ms. */
  readonly since?: number | undefined
  /** Created before this time, in Unix ms. */
  readonly until?: number | undefined
  /** How many at most, the newest. Default 100. */
  readonly limit?: number | undefined
  /** How many of the newest to pass over. Default 0. */
  readonly offset?: number | undefined
}

/** Keeps runs: give it to `createExecutor({ history })`. */
export interface History extends RunLog, AsyncDisposable {
  /** Runs, the newest first. */
  list(query?: HistoryQuery): Promise<readonly HistoryRun[]>
  /** One run with its transitions and samples, by its key; by the id of its cookie, the newest of them. Undefined when there is none. */
  get(keyOrId: string): Promise<HistoryRecord | undefined>
  /** Removes runs older than `maxAge` ms, and those beyond the newest `maxRuns`; not those that run. Resolves with how many. */
  prune(limits?: Pick<HistoryLimits, 'maxAge' | 'maxRuns'>): Promise<number>
  /** Resolves when all that was to be kept until now is kept, or told to `onError`. */
  flush(): Promise<void>
  /** Keeps what is under way, and lets go of the database. Idempotent. */
  close(): Promise<void>
}
