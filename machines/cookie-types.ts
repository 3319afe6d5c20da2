/** What an engine reports of a container that has ended. */
export interface Exit {
  /** As the engine gave it: 0 to 255; 128 + the signal's number for a death by signal. */
  readonly exitCode: number
  /** The kernel killed a process of it for want of memory, the main one or another. */
  readonly oomKilled: boolean
  /** Some of its output did not reach us. */
  readonly outputTruncated: boolean
  /** The engine's own words, where it has any. */
  readonly message?: string | undefined
}

/** What decided the end. The first one recorded stays. */
export type Cause = 'exit' | 'timeout' | 'cancelled' | 'killed' | 'failed'

/** What a cookie's machine remembers. */
export interface CookieContext {
  readonly id: string
  /** How long the task may run, in ms; Infinity for ever. */
  readonly timeout: number
  /** How long `stopping` waits for the end to be seen, in ms. */
  readonly grace: number
  /** How long it has run, in ms, without the present spell. */
  readonly ranFor: number
  /** When the present spell began, by the actor's clock. */
  readonly runningSince: number
  readonly cause: Cause | undefined
  /** Why our caller cancelled, as given. */
  readonly reason: unknown
  readonly exit: Exit | undefined
  /** Why the implementation failed. */
  readonly error: unknown
  /** Why the last freeze or unfreeze failed; undefined once one succeeds. */
  readonly requestError: unknown
  /** The opposite was asked for while a freeze or an unfreeze was under way. */
  readonly turnBack: boolean
  /** A close was asked for before the cookie had settled. */
  readonly closeWanted: boolean
  /** Why the removal failed; undefined when nothing is left. */
  readonly closeError: unknown
}

/** What a cookie's machine is asked, and what its `watch` actor tells it. */
export type CookieEvent =
  | { readonly type: 'prepare' }
  | { readonly type: 'run' }
  | { readonly type: 'freeze' }
  | { readonly type: 'unfreeze' }
  | { readonly type: 'cancel'; readonly reason?: unknown }
  | { readonly type: 'kill' }
  | { readonly type: 'close' }
  /** The container has ended; its output may still be on the way. From here on the cause is `exit`. */
  | { readonly type: 'exitSeen' }
  /** The container has ended and its output is complete or given up. */
  | { readonly type: 'exited'; readonly exit: Exit }
  /** The container cannot go on through our fault or our caller's (its input broke), but the engine answers. */
  | { readonly type: 'broken'; readonly error: unknown }
  /** The engine cannot tell any more what became of the container. */
  | { readonly type: 'lost'; readonly error: unknown }

/** What a cookie's machine starts from. */
export interface CookieInput {
  readonly id: string
  /** ms; Infinity for none. */
  readonly timeout: number
  /** ms. Default 15 000. */
  readonly grace?: number
}
