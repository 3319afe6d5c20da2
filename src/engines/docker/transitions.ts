/** A change of something that a docker driver keeps beside its cookies. */
export interface DriverTransition {
  /** `image`: one image made present. `namespace`: one namespace of the prefork pool. `network`: what a cookie got of the pool. `profile`: what a cookie's `containerOptions` loosen, named by the event. */
  readonly machine: 'image' | 'namespace' | 'network' | 'profile'
  /** The image's reference, the namespace's id, or the cookie's id. */
  readonly id: string
  readonly from: string
  readonly to: string
  /** The type of the event that caused it. */
  readonly event: string
  /** Of an image: the number of its attempt, from 1. */
  readonly attempt?: number | undefined
  /** Of an image that is `waiting`: ms to the next attempt. */
  readonly retryIn?: number | undefined
  /** Why it came to this, in words, where something failed. */
  readonly error?: string | undefined
  /** Unix time in ms. */
  readonly at: number
}

/** Hears of a transition when it has been made. */
export type MovedListener = (move: Omit<DriverTransition, 'at'>) => void
