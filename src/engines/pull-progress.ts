/** Progress of one layer of an image. */
export interface LayerProgress {
  /** The first characters of its digest. */
  readonly id: string
  readonly status: 'waiting' | 'downloading' | 'downloaded' | 'extracting' | 'done'
  /** Bytes downloaded. */
  readonly current: number
  /** Bytes to download. Undefined until the registry has reported it. */
  readonly total: number | undefined
}

/** Progress of making an image present. */
export interface PullProgress {
  /** The image's reference. */
  readonly image: string
  /** `looking`: the engine is asked for the image. `waiting`: for the next attempt. The last three are final. */
  readonly state: 'looking' | 'pulling' | 'waiting' | 'present' | 'failed' | 'cancelled'
  /** The number of the attempt, from 1. 0 before the first one. */
  readonly attempt: number
  /** ms from the start of `waiting` to the next attempt. Undefined in the other states. */
  readonly retryIn: number | undefined
  /** The error message of the last attempt. Undefined when none has failed. */
  readonly error: string | undefined
  /** The layers of this attempt, in the registry's order. */
  readonly layers: readonly LayerProgress[]
  /** Bytes of all layers downloaded in this attempt. */
  readonly current: number
  /** Bytes of all layers whose size is known. */
  readonly total: number
}
