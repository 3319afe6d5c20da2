/** How far one layer of an image is. */
export interface LayerProgress {
  /** The beginning of its digest. */
  readonly id: string
  readonly status: 'waiting' | 'downloading' | 'downloaded' | 'extracting' | 'done'
  /** Bytes that were downloaded. */
  readonly current: number
  /** Bytes to download; undefined until the registry has told. */
  readonly total: number | undefined
}

/** How far the making present of an image is. */
export interface PullProgress {
  /** The reference. */
  readonly image: string
  /** `looking`: is it there by now? `waiting`: for the next attempt. The last three are final. */
  readonly state: 'looking' | 'pulling' | 'waiting' | 'present' | 'failed' | 'cancelled'
  /** The number of the attempt, from 1; 0 while no registry was asked. */
  readonly attempt: number
  /** ms from the beginning of `waiting` to the next attempt; undefined in the other states. */
  readonly retryIn: number | undefined
  /** Why the last attempt failed, in words. */
  readonly error: string | undefined
  /** The layers of this attempt, in the registry's order. */
  readonly layers: readonly LayerProgress[]
  /** Bytes of all layers that were downloaded in this attempt. */
  readonly current: number
  /** Bytes of all layers whose size is known. */
  readonly total: number
}
