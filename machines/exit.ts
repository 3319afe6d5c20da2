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
