import type { Observable } from 'rxjs'
import type { RunResult, Transition } from '../cookie/result.ts'
import type { CookietinError } from '../errors.ts'
import type { ResolvedTask } from '../task/task.ts'

/** How a run ended: with a result, or with an error where the implementation failed. */
export type RunEnd =
  | { readonly task: ResolvedTask; readonly result: RunResult; readonly error?: undefined }
  | { readonly task: ResolvedTask; readonly result?: undefined; readonly error: CookietinError }

/** Keeps what an executor does; a history is one. */
export interface RunLog {
  /** Called by an executor when it is made, with its `transitions$`. */
  follow(transitions$: Observable<Transition>): RunRecorder
}

/** Keeps the runs of one executor. None of its calls throws, rejects or hangs: what it cannot keep, it tells on its own side. */
export interface RunRecorder {
  /** A run is there; its transitions follow. */
  created(task: ResolvedTask): void
  /** A run has ended. The executor gives the result to its caller when this has resolved. */
  ended(end: RunEnd): Promise<void>
}
