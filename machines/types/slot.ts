/** Why a slot ends. The first cause recorded stays. */
export type SlotCause =
  | 'launchFailed'
  | 'launchTimeout'
  | 'exited'
  | 'broken'
  | 'freezeFailed'
  | 'idle'
  | 'evicted'
  | 'closed'

/** The context of a slot's machine. JSON keeps it: no field is `Infinity` or a reading of a clock. */
export interface SlotContext {
  readonly id: string
  /** ms; undefined: it does not freeze. */
  readonly freezeAfter: number | undefined
  /** ms; undefined: it does not expire. */
  readonly idleTimeout: number | undefined
  /** ms. */
  readonly launchTimeout: number
  /** A call came during a freeze. */
  readonly called: boolean
  /** A close was requested during a call. */
  readonly closeWanted: boolean
  /** The container ended during a call. The response may still be complete. */
  readonly exited: boolean
  readonly cause: SlotCause | undefined
  readonly error: unknown
  /** Why the removal failed; undefined when everything is removed. */
  readonly retireError: unknown
}

/** The events of a slot's machine. */
export type SlotEvent =
  /** A call is assigned to the slot. It is sent to the container when the slot is `busy`. */
  | { readonly type: 'call' }
  /** The call's response is complete. */
  | { readonly type: 'served' }
  /** The call has left the container unusable for other calls. */
  | { readonly type: 'broken'; readonly error: unknown }
  /** The container has ended by itself. */
  | { readonly type: 'exited'; readonly error: unknown }
  /** Other work needs the slot's memory or CPUs. */
  | { readonly type: 'evict' }
  | { readonly type: 'close' }

/** The input of a slot's machine. */
export interface SlotInput {
  readonly id: string
  /** How long it stays thawed without a call, in ms; `Infinity`: always. */
  readonly freezeAfter: number
  /** How long it lives without a call, in ms; `Infinity`: without limit. */
  readonly idleTimeout: number
  /** How long it may take to listen after its container has started, in ms. */
  readonly launchTimeout: number
}
