/** When the registry is asked. */
export type PullPolicy = 'missing' | 'always' | 'never'

/** What an image's machine remembers. */
export interface ImageContext {
  /** The reference. */
  readonly image: string
  readonly policy: PullPolicy
  /** How often a failed pull is tried again. */
  readonly retries: number
  /** ms before the first retry; doubled for each further one. */
  readonly retryDelay: number
  /** ms. */
  readonly retryMaxDelay: number
  /** From 0 to 1: half of each delay is multiplied by it. */
  readonly jitter: number
  /** ms for all attempts and the waits between them. */
  readonly timeout: number
  /** By the actor's clock. */
  readonly startedAt: number
  /** How many pulls were begun. */
  readonly attempt: number
  /** ms of the wait that is under way, or of the last one. */
  readonly delay: number
  /** ms from the start to the last failure. */
  readonly elapsed: number
  /** Why the last attempt failed. */
  readonly error: unknown
}

/** What an image's machine is asked. */
export type ImageEvent =
  /** Nobody wants it any more. */
  { readonly type: 'cancel' }

/** What an image's machine starts from. */
export interface ImageInput {
  readonly image: string
  readonly policy: PullPolicy
  readonly retries: number
  readonly retryDelay: number
  readonly retryMaxDelay: number
  /** From 0 to 1, drawn by the caller, so that many who fail at once do not come again at once: half of each delay is multiplied by it. */
  readonly jitter: number
  readonly timeout: number
}
