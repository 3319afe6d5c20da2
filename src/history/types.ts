import type { CookieState } from '../../machines/cookie-states.ts'
import type { RunStatus, Transition } from '../cookie/result.ts'
import type { RunLog } from '../executor/observers/run-log.ts'
import type { Stat } from '../stats/stat.ts'
import type { HistoryCall, HistoryCallQuery } from './calls/types.ts'
import type { PostgresPool } from './stores/postgres.ts'

/** The database of a history, and its limits. */
export type HistoryOptions = HistoryLimits &
  (
    | {
        /**
         * An SQLite file, this or `postgres`. It and its folder are created if missing. `':memory:'` keeps the runs as long as the
         * process lives. On Node.js 20 it needs the package `libsql`.
         */
        readonly path: string
        readonly postgres?: undefined
      }
    | {
        /**
         * The address of a PostgreSQL database (`postgres://…`), or a pool of `pg`, which the caller ends; this or `path`. It needs the
         * package `pg`.
         */
        readonly postgres: string | PostgresPool
        readonly path?: undefined
      }
  )

/** How much a history keeps, and how it reports errors. */
export interface HistoryLimits {
  /**
   * Opens an existing history to read it only: creates nothing, and needs no right to write. `prune()` and a use in
   * an executor are rejected.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /**
   * Runs and calls older than this, in ms, are removed, at the opening and as the history grows.
   *
   * @default none
   */
  readonly maxAge?: number | undefined
  /**
   * How many runs are kept, the newest. Older ones are removed, at the opening and as the history grows.
   *
   * @default all
   */
  readonly maxRuns?: number | undefined
  /**
   * How many calls of functions are kept, the newest. Older ones are removed, at the opening and as the history grows. 0: none is kept.
   *
   * @default 10,000
   */
  readonly maxCalls?: number | undefined
  /**
   * Called with the error when a run or calls cannot be stored, or the file was deleted while it was open. Runs go on.
   *
   * @default a warning of the process
   */
  readonly onError?: ((error: Error) => void) | undefined
  /**
   * How long a result waits at most for its run to be stored, in ms.
   *
   * @default 10,000
   */
  readonly timeout?: number | undefined
}

/**
 * `'failed'`: cookietin or the engine failed. `'unfinished'`: no end is stored, so the run goes on or its process died.
 */
export type HistoryStatus = RunStatus | 'failed' | 'unfinished'

/** One run, as a history lists it. Environment variables, input and output are not stored. */
export interface HistoryRun {
  /** Unique, also among runs of the same id. */
  readonly key: string
  /** The name of the run: the cookie's id. */
  readonly id: string
  /** The image, as named in the task. */
  readonly image: string
  /** The command. Empty for the image's own. */
  readonly command: readonly string[]
  /** The labels of the task. */
  readonly labels: Readonly<Record<string, string>>
  /** How the run ended. `'failed'`: cookietin or the engine failed. `'unfinished'`: its end is not stored. */
  readonly status: HistoryStatus
  /** True for an unfinished run whose process is known to be dead. */
  readonly interrupted: boolean
  /** The exit code, as of a result. */
  readonly exitCode: number | undefined
  /** True when the kernel killed a process of it because memory ran out, as of a result. */
  readonly oomKilled: boolean
  /** How many times the task was started: more than 1 only with `retry`. A retry that was cancelled before its start counts, too. */
  readonly attempts: number
  /** Why it is no success. Undefined for one. */
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** When its task was given, as Unix time in ms. */
  readonly createdAt: number
  /** When it first ran, as Unix time in ms. Undefined if it did not run, or if that is not stored. */
  readonly startedAt: number | undefined
  /** When its end was decided, as Unix time in ms. Undefined if that is not stored. */
  readonly endedAt: number | undefined
  /** Time in each state that was entered, in ms. */
  readonly timings: Readonly<Partial<Record<CookieState, number>>>
}

/** One run with its transitions and samples. */
export interface HistoryRecord extends HistoryRun {
  readonly transitions: readonly Transition[]
  /** Resource samples, decimated; whole numbers. */
  readonly stats: readonly Stat[]
}

/** Which runs to list. */
export interface HistoryQuery {
  /** The status, or several of which a run has one. */
  readonly status?: HistoryStatus | readonly HistoryStatus[] | undefined
  /** The image, in any form of its name: `busybox` is `docker.io/library/busybox:latest`. */
  readonly image?: string | undefined
  /** The cookie's id. */
  readonly id?: string | undefined
  /** Labels that a run must have, all with these values. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Created at this time or later: Unix ms, or a Date. */
  readonly since?: number | Date | undefined
  /** Created before this time: Unix ms, or a Date. */
  readonly until?: number | Date | undefined
  /**
   * The maximum number of runs.
   *
   * @default 100
   */
  readonly limit?: number | undefined
  /**
   * The number of newest runs to skip.
   *
   * @default 0
   */
  readonly offset?: number | undefined
}

/** A history of runs, for `createExecutor({ history })`. */
export interface History extends RunLog, AsyncDisposable {
  /**
   * Lists runs, the newest first. Unknown and bad fields of the query are refused.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, listing every unknown or bad field.
   */
  list(query?: HistoryQuery): Promise<readonly HistoryRun[]>
  /**
   * Lists calls of functions, the newest first. Unknown and bad fields of the query are refused.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, listing every unknown or bad field.
   */
  listCalls(query?: HistoryCallQuery): Promise<readonly HistoryCall[]>
  /** Returns a run with its `transitions` and `stats`: by its key, or the newest run of a cookie's id. Undefined if there is none. */
  get(keyOrId: string): Promise<HistoryRecord | undefined>
  /**
   * Removes runs and calls older than `maxAge` ms, and all but the newest `maxRuns` runs and `maxCalls` calls. Keeps the runs
   * that go on. Resolves with the number removed.
   *
   * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, listing every unknown or bad limit.
   */
  prune(limits?: Pick<HistoryLimits, 'maxAge' | 'maxRuns' | 'maxCalls'>): Promise<number>
  /** Resolves when every run and call so far is stored, or its error is reported to `onError`. */
  flush(): Promise<void>
  /** Stores what is pending and closes the database. Idempotent; `await using` does it. */
  close(): Promise<void>
}
