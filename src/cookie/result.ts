import type { CookieState } from '../../machines/cookie-states.ts'
import type { RunStatus } from '../../machines/outcome.ts'
import type { CookieEvent, Usage } from '../../machines/types/cookie.ts'
import type { CookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'

import type { Artifacts } from './artifacts/types.ts'

export type { RunStatus } from '../../machines/outcome.ts'
export type { Usage } from '../../machines/types/cookie.ts'

/** Captured output: text, or bytes with `encoding: 'buffer'`. */
export type Captured = string | Uint8Array

/** What every result of a run has, however the run ended. */
export interface RunRecord<Output extends Captured = Captured> {
  /** The name of the run: the cookie's id. */
  readonly id: string
  /** The labels of the task. */
  readonly labels: Readonly<Record<string, string>>
  /** The exit code that the engine reported, for any status. Undefined when the container never ran or its end was not seen. */
  readonly exitCode: number | undefined
  /** True when the kernel killed a process of the container because memory ran out, even if the main process survived. */
  readonly oomKilled: boolean
  /** The captured standard output: a string, or bytes with `encoding: 'buffer'`. */
  readonly stdout: Output
  /** The captured standard error. */
  readonly stderr: Output
  /** True when the task wrote more to standard output than `stdout` holds. */
  readonly stdoutTruncated: boolean
  /** True when the task wrote more to standard error than `stderr` holds. */
  readonly stderrTruncated: boolean
  /** Why the task's `stdout` writable did not get all of the output; undefined when it did. */
  readonly stdoutError: Error | undefined
  /** Why the task's `stderr` writable did not get all of the output; undefined when it did. */
  readonly stderrError: Error | undefined
  /** Resource samples, decimated to `maxStats` points. */
  readonly stats: readonly Stat[]
  /** What was copied out of the container: the task's `artifacts`. Empty for a task without any. */
  readonly artifacts: Artifacts
  /** What the run used: `cpuMs` (CPU time in ms) and `memoryPeak` (bytes), each where the engine can tell it. */
  readonly usage: Usage
  /** How many times the task was started: more than 1 only with `retry`. The other fields tell of the last attempt. */
  readonly attempts: number
  /** Time in each state that was entered, in ms. `created` is the time in the queue. */
  readonly timings: Readonly<Partial<Record<CookieState, number>>>
}

/** The result of a run whose task exited with code 0, and whose artifacts were copied. */
export interface SuccessResult<Output extends Captured = Captured> extends RunRecord<Output> {
  /** `'success'`: exit code 0, and the artifacts were copied. */
  readonly status: 'success'
  readonly error: undefined
}

/** The result of any other run. */
export interface FailureResult<Output extends Captured = Captured> extends RunRecord<Output> {
  /** `'error'`: any other exit code, or artifacts that could not be copied. `'timeout'`, `'killed'`, `'cancelled'`: what ended it. */
  readonly status: Exclude<RunStatus, 'success'>
  /** Why the run did not succeed. Undefined exactly when the status is `'success'`, also for TypeScript. */
  readonly error: CookietinError
}

/** How a task ended (Fn's `RunResult`). `status` tells whether there is an `error`. */
export type RunResult<Output extends Captured = Captured> = SuccessResult<Output> | FailureResult<Output>

/** The type of an event: one of the cookie's own, or one of XState's (`xstate.done.actor…`). */
export type TransitionEvent = CookieEvent['type'] | 'queue' | 'retry' | (string & {})

/** One change of a cookie's state. */
export interface Transition {
  /** The cookie's id. */
  readonly id: string
  /** The state before. Undefined for the first transition, to `created`. */
  readonly from: CookieState | undefined
  /** The state now. */
  readonly to: CookieState
  /** The type of the machine's event that caused it. `'queue'` for the first, `'retry'` for the first of a further attempt. */
  readonly event: TransitionEvent
  /** When it happened, as Unix time in ms. */
  readonly at: number
  /** The labels of the task; undefined where it has none. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** The number of the attempt, from 2 on; undefined in the first. */
  readonly attempt?: number | undefined
}
