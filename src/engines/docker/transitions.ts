/** A state change of something that a docker driver manages beside its cookies. */
export interface DriverTransition {
  /**
   * `image`: one image that is made present. `namespace`: one namespace holder of the prefork pool. `network`: how a
   * cookie's request to the pool ended. `profile`: what a cookie's `containerOptions` loosen; `event` lists the names.
   * `warning`: what the engine warned of when it created a cookie's container, such as a limit that it cannot keep;
   * `event` is its text.
   */
  readonly machine: 'image' | 'namespace' | 'network' | 'profile' | 'warning'
  /** The image's reference, the namespace holder's name, or the cookie's id. */
  readonly id: string
  readonly from: string
  readonly to: string
  /** The type of the event that caused it. */
  readonly event: string
  /** For an image: the number of its attempt, from 1. */
  readonly attempt?: number | undefined
  /** For an image that is `waiting`: ms until the next attempt. */
  readonly retryIn?: number | undefined
  /** The error message, when something failed. */
  readonly error?: string | undefined
  /** Unix time in ms. */
  readonly at: number
}

/** Called after each transition. */
export type TransitionListener = (transition: Omit<DriverTransition, 'at'>) => void
