import type { ErrorCode } from '../../errors.ts'

/** One call of a function that has ended. */
export interface CallRecord {
  /** The call's id, which its function gets as `Fn-Call-Id`. */
  readonly id: string
  /** The image of the function. */
  readonly image: string
  /** The id of the container that served it; undefined when none did. */
  readonly containerId: string | undefined
  /** When the call was made, in Unix ms. */
  readonly startedAt: number
  /** How long it waited for a container, in ms. */
  readonly waited: number
  /** How long it took in all, in ms, with the body of the response. */
  readonly duration: number
  /** True when a container was started for it. */
  readonly isCold: boolean
  /** The status of the response; undefined when there was none. */
  readonly status: number | undefined
  /** Why it failed; undefined when it did not. */
  readonly error: ErrorCode | undefined
}

/** A call of a function that begins. */
export interface ObservedCall {
  /** The name of the function. */
  readonly functionName: string
  /** The image of the function. */
  readonly image: string
  /** The profile of its containers. */
  readonly profile: 'default' | 'hardened'
}

/** Follows one call. */
export interface CallObserver {
  /** Headers for the function. Those of the caller override them. */
  readonly headers: Readonly<Record<string, string>>
  /** The call has ended. Called once. */
  ended(record: CallRecord): void
}
