import type { Observable } from 'rxjs'
import type { RunResult, Transition } from '../../cookie/result.ts'
import type { CookietinError } from '../../errors.ts'
import type { CallRecord, ObservedCall } from '../../functions/call/record.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'

/** How a run ended: with a result, or with an error when the implementation failed. */
export type RunEnd =
  | { readonly task: ResolvedTask; readonly result: RunResult; readonly error?: undefined }
  | { readonly task: ResolvedTask; readonly result?: undefined; readonly error: CookietinError }

/** Records the runs of executors. A history is one. */
export interface RunLog {
  /** Called by each executor when it is made, with its `transitions$`. */
  follow(transitions$: Observable<Transition>): RunRecorder
}

/** Records the runs of one executor. It should report its own failures: an error or a hang of its calls is only a process warning. */
export interface RunRecorder {
  /** A run is queued. Its transitions follow. */
  created(task: ResolvedTask): void
  /** A run has ended. The executor gives the result to its caller when this resolves, or after 15 s. */
  ended(end: RunEnd): Promise<void>
  /** A call of a function has ended. Left out: calls are not recorded. Nobody waits for it. */
  called?: ((call: ObservedCall, record: CallRecord) => void) | undefined
}
