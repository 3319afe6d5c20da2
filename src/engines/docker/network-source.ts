import type { ResolvedTask } from '../../task/task.ts'

/** One cookie's hold on a network. */
export interface NetworkLease {
  /** As the engine's `NetworkMode`. */
  readonly network: string
  /** For a namespace that is held ready: true once it is no more. Undefined for a network. */
  readonly lost?: boolean
  /** Gives it back; once, however often it is called. */
  release(): void
}

/** Picks a network for a container. */
export interface NetworkSource {
  /** Undefined: what its options say is left as it is. */
  lease(task: ResolvedTask, networkless: boolean): NetworkLease | undefined
}
