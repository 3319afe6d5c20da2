/** The context of a spare container's machine. JSON keeps it: no field is `Infinity`. */
export interface SpareContext {
  readonly id: string
  /** The container that is being made is for an image that has changed since. */
  readonly isOutdated: boolean
  /** How often in a row it could not be made, or ended before it was adopted. Counted as far as the pause grows. */
  readonly failures: number
  /** Why it failed last. */
  readonly error: unknown
  /** Why its last container could not be removed; undefined when everything is removed. */
  readonly removeError: unknown
}

/** The events of a spare container's machine. */
export type SpareEvent =
  /** A cookie takes the container, which is its own from then on. */
  | { readonly type: 'adopt' }
  /** The cookie has begun: the engine has time for the next container. */
  | { readonly type: 'refill' }
  /** Its image has changed. */
  | { readonly type: 'retire' }
  /** The container has ended, or the engine is lost. */
  | { readonly type: 'died'; readonly error?: unknown }
  | { readonly type: 'close' }

/** The input of a spare container's machine. */
export interface SpareInput {
  readonly id: string
}
