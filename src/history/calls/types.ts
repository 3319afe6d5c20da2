import type { CallRecord } from '../../functions/call/record.ts'

/** One call of a function, as a history keeps it. Headers, body and response are not stored. */
export interface HistoryCall extends CallRecord {
  /** Unique, also among calls of several executors. */
  readonly key: string
  /** The name of the function. */
  readonly functionName: string
}

/** Which calls to list. */
export interface HistoryCallQuery {
  /** The call's id, which its function gets as `Fn-Call-Id`. */
  readonly id?: string | undefined
  /** The name of the function. */
  readonly functionName?: string | undefined
  /** The image of the function, in any form of its name. */
  readonly image?: string | undefined
  /** The id of the container that served it. */
  readonly containerId?: string | undefined
  /** True: only calls with an error, or a status of 400 or more. False: only the others. */
  readonly failed?: boolean | undefined
  /** Made at this time or later: Unix ms, or a Date. */
  readonly since?: number | Date | undefined
  /** Made before this time: Unix ms, or a Date. */
  readonly until?: number | Date | undefined
  /**
   * The maximum number of calls.
   *
   * @default 100
   */
  readonly limit?: number | undefined
  /**
   * The number of newest calls to skip.
   *
   * @default 0
   */
  readonly offset?: number | undefined
}
