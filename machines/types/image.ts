/** When the registry is asked. */
export type PullPolicy = 'missing' | 'always' | 'never'

/** The input of an image's machine. */
export interface ImageInput {
  readonly image: string
  readonly policy: PullPolicy
  /** How often a failed pull is retried; at most 1 000 times. */
  readonly retries: number
  /** ms before the first retry. Doubled for each further one, up to `retryMaxDelay`. */
  readonly retryDelay: number
  /** ms. */
  readonly retryMaxDelay: number
  /**
   * From 0 to 1, drawn by the caller: half of each delay is multiplied by it, so that pulls which fail together are not
   * retried together.
   */
  readonly jitter: number
  /** ms for all attempts and the waits between them. */
  readonly timeout: number
}

/** The context of an image's machine. JSON keeps it: no field is `Infinity` or a reading of a clock. */
export interface ImageContext extends ImageInput {
  /** How many pulls were begun. */
  readonly attempt: number
  /** ms of the present wait, or of the last one. */
  readonly delay: number
  /** ms until the last failure. */
  readonly elapsed: number
  /** Why the last attempt failed. */
  readonly error: unknown
}

/** The events of an image's machine. */
export type ImageEvent =
  /** The image is not needed any longer. */
  { readonly type: 'cancel' }
