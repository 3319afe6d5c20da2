/** The input of a run's machine. */
export interface RunInput {
  readonly id: string
  /** How many times the task may be started in all; at most 1,000. */
  readonly attempts: number
  /** ms before the second attempt. Doubled for each further one, up to `maxDelay`. */
  readonly delay: number
  /** ms. */
  readonly maxDelay: number
  /**
   * From 0 to 1, drawn by the caller: half of each delay is multiplied by it, so that runs which fail together are not
   * retried together.
   */
  readonly jitter: number
}

/** The context of a run's machine. JSON keeps it. */
export interface RunContext extends RunInput {
  /** How many attempts were begun. */
  readonly attempt: number
  /** ms of the present wait, or of the last one. */
  readonly wait: number
  /** True once the run was cancelled: no attempt follows. */
  readonly cancelled: boolean
}

/** The events of a run's machine. */
export type RunEvent =
  /** No attempt may follow. The present one is cancelled beside the machine. */
  { readonly type: 'cancel' } | { readonly type: 'timeout' }
