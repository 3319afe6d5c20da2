/** Why a slot comes to its end. The first one recorded stays. */
export type SlotCause =
  | 'launchFailed'
  | 'launchTimeout'
  | 'exited'
  | 'broken'
  | 'freezeFailed'
  | 'idle'
  | 'evicted'
  | 'closed'

/** What a slot's machine remembers. */
export interface SlotContext {
  readonly id: string
  /** ms. */
  readonly freezeAfter: number
  /** ms. */
  readonly idleTimeout: number
  /** ms. */
  readonly launchTimeout: number
  /** When it last became idle, by the actor's clock. */
  readonly idleSince: number
  /** A call came while a freeze was under way. */
  readonly called: boolean
  /** A close was asked for while a call was being served. */
  readonly closeWanted: boolean
  /** The container ended while a call was being served, whose answer may be there all the same. */
  readonly exited: boolean
  readonly cause: SlotCause | undefined
  readonly error: unknown
  /** Why the removal failed; undefined when nothing is left. */
  readonly retireError: unknown
}

/** What a slot's machine is asked, and what is told to it. */
export type SlotEvent =
  /** A call is given to it; it is sent when the slot is `busy`. */
  | { readonly type: 'call' }
  /** The call's response has come to its end. */
  | { readonly type: 'served' }
  /** The call has left the container in a state that no other call may meet. */
  | { readonly type: 'broken'; readonly error: unknown }
  /** The container has ended by itself. */
  | { readonly type: 'exited'; readonly error: unknown }
  /** Its memory or CPUs are wanted elsewhere. */
  | { readonly type: 'evict' }
  | { readonly type: 'close' }

/** What a slot's machine starts from. */
export interface SlotInput {
  readonly id: string
  /** How long it stays thawed without a call, in ms; Infinity for ever. */
  readonly freezeAfter: number
  /** How long it stays at all without a call, in ms; Infinity for ever. */
  readonly idleTimeout: number
  /** How long it may take to listen, in ms, from when its container runs. */
  readonly launchTimeout: number
}
