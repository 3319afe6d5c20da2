/** What an engine reports of a container that has ended. */
export interface Exit {
  /** As the engine gave it: 0 to 255. A death by signal is 128 + the signal's number. */
  readonly exitCode: number
  /** The kernel killed one of its processes, the main one or another, because memory ran out. */
  readonly oomKilled: boolean
  /** Some of its output was lost. */
  readonly outputTruncated: boolean
  /** The engine's own message, where it gives one. */
  readonly message?: string | undefined
  /** Its command does not exist, though its exit code is neither 126 nor 127 but that of an init process. */
  readonly commandMissing?: boolean | undefined
  /** What shows that a signal from outside ended it, as a phrase; undefined when nothing does. */
  readonly killedOutside?: string | undefined
  /** What the task used, where the engine reports it. */
  readonly usage?: Usage | undefined
}

/** What a task used of the machine. */
export interface Usage {
  /** CPU time, in ms. */
  readonly cpuMs?: number | undefined
  /** The most memory at one time, in bytes. */
  readonly memoryPeak?: number | undefined
}

/** Why a run ends. The first cause recorded decides. */
export type Cause = 'exit' | 'timeout' | 'cancelled' | 'killed' | 'overflow' | 'failed'

/** How a program is asked to end. */
export type Stop = Pick<CookieContext, 'stopSignal' | 'stopGrace' | 'thaw'>

/** How it is asked at an event: a cancel may say it for itself. */
export function stopOf({ stopSignal, stopGrace, thaw }: Stop, event: CookieEvent): Stop {
  if (event.type !== 'cancel') return { stopSignal, stopGrace, thaw }
  return {
    stopSignal: event.stopSignal ?? stopSignal,
    stopGrace: event.stopGrace ?? stopGrace,
    thaw: event.thaw ?? thaw,
  }
}
/**
 * How far the artifacts of a run are. `wanted`: not yet copied, or never, as the run was ended before. `late`: they took longer than
 * they may. `stopped`: a cancel, a kill or a close ended the copying.
 */
export type Collection = 'wanted' | 'taken' | 'failed' | 'late' | 'stopped'

/** The context of a cookie's machine. JSON keeps it: no field is `Infinity` or a reading of a clock. */
export interface CookieContext {
  readonly id: string
  /** How long the task may run, in ms; undefined: no limit. */
  readonly timeout: number | undefined
  /** How long `stopping` waits for the end to be seen, in ms. */
  readonly grace: number
  /** The signal that asks the program to end; undefined: the image's own. */
  readonly stopSignal: string | undefined
  /** How long `terminating` waits for the program to end by itself, in ms; 0: no signal is sent, it is killed at once. */
  readonly stopGrace: number
  /** A frozen container is thawed, so that its program can handle the signal. */
  readonly thaw: boolean
  /** How long it has run, in ms, without the time in the present `executing`. */
  readonly ranFor: number
  readonly cause: Cause | undefined
  /** The reason that a cancel gave. */
  readonly reason: unknown
  readonly exit: Exit | undefined
  /** Why the implementation failed. */
  readonly error: unknown
  /** How long the artifacts may take to be copied, in ms. */
  readonly artifactsTimeout: number
  /** Undefined for a task without artifacts. */
  readonly artifacts: Collection | undefined
  /** Why the artifacts could not be copied. */
  readonly artifactsError: unknown
  /** Why the last freeze or unfreeze failed; undefined once one succeeds. */
  readonly requestError: unknown
  /** The opposite was requested during a freeze or an unfreeze. */
  readonly turnBack: boolean
  /** It is frozen, or a freeze is under way. */
  readonly mayBeFrozen: boolean
  /** A close was requested before the cookie settled. */
  readonly closeWanted: boolean
  /** Why the removal failed; undefined when everything is removed. */
  readonly closeError: unknown
}

/** The events of a cookie's machine: requests, and what its actors report. */
export type CookieEvent =
  | { readonly type: 'prepare' }
  | { readonly type: 'run' }
  | { readonly type: 'freeze' }
  | { readonly type: 'unfreeze' }
  | ({ readonly type: 'cancel'; readonly reason?: unknown } & Partial<Stop>)
  | { readonly type: 'kill' }
  /** The task has written more than it may. */
  | { readonly type: 'overflow' }
  | { readonly type: 'close' }
  /** From `watch`: the container has ended. Its output may still arrive. From here on the cause is `exit`. */
  | { readonly type: 'exitSeen' }
  /** From `watch`: the container has ended, and its output is complete or given up. */
  | { readonly type: 'exited'; readonly exit: Exit }
  /** From `watch`: the run cannot go on, for example because its input broke, but the engine still answers. */
  | { readonly type: 'broken'; readonly error: unknown }
  /** From `watch`: the engine cannot report the container's end any longer. */
  | { readonly type: 'lost'; readonly error: unknown }
  /** From the machine's own stopwatch: the task has run for its timeout. */
  | { readonly type: 'timeout' }

/** The input of a cookie's machine. */
export interface CookieInput {
  readonly id: string
  /** ms. `Infinity` or undefined: no limit. */
  readonly timeout?: number | undefined
  /** How long `stopping` waits for the end to be seen, in ms. Default 15 000. */
  readonly grace?: number | undefined
  /** Undefined: the image's own. */
  readonly stopSignal?: string | undefined
  /** How long a program that was asked to end may take, in ms. 0 or undefined: it is killed without being asked. */
  readonly stopGrace?: number | undefined
  /** A frozen container is thawed to be asked. Default false. */
  readonly thaw?: boolean | undefined
  /** How long the artifacts may take to be copied, in ms. Undefined: the task has none. */
  readonly artifactsTimeout?: number | undefined
}
