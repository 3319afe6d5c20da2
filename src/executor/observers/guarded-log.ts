import type { Observable } from 'rxjs'
import type { Transition } from '../../cookie/result.ts'
import { CookietinError, messageOf } from '../../errors.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { settles } from '../../utils/timing.ts'
import type { RunEnd, RunLog, RunRecorder } from './run-log.ts'

/** How long a result waits until its run is recorded, in ms. It is longer than the bound of a history of ours. */
const recordTimeout = 15_000

/**
 * Follows an executor with a log, whose failures then concern no run: they are emitted as process warnings.
 *
 * @throws CookietinError `ERR_COOKIETIN_HISTORY_FAILED` when the log cannot follow at all.
 */
export function guardedRecorder(log: RunLog, transitions$: Observable<Transition>): RunRecorder {
  let recorder: RunRecorder
  try {
    recorder = log.follow(transitions$)
  } catch (cause) {
    throw new CookietinError('ERR_COOKIETIN_HISTORY_FAILED', `The history cannot be used: ${messageOf(cause)}`, {
      cause,
    })
  }
  const called = recorder.called?.bind(recorder)
  return {
    called:
      called &&
      ((call, record) => {
        try {
          called(call, record)
        } catch (error) {
          warn(record.id, messageOf(error), 'call')
        }
      }),
    created(task: ResolvedTask): void {
      try {
        recorder.created(task)
      } catch (error) {
        warn(task.id, messageOf(error))
      }
    },
    async ended(end: RunEnd): Promise<void> {
      const { id } = end.task
      const recorded = (async () => recorder.ended(end))().catch((error: unknown) => warn(id, messageOf(error)))
      if (!(await settles(recorded, recordTimeout))) warn(id, `it did not answer within ${recordTimeout} ms`)
    },
  }
}

function warn(id: string, why: string, what = 'run'): void {
  process.emitWarning(`The history could not record ${what} ${id}: ${why}`, { code: 'COOKIETIN_HISTORY' })
}
