import { type FieldIssue, InvalidInputError } from '../../errors.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'

/** Decides on a task before its host runs it: returns why it is refused, or undefined. It may throw to refuse, too. */
export type WorkerPolicy = (task: ResolvedTask) => string | undefined

/**
 * Refuses what gives a task a part of its host: mounts of host paths. Who can write the queue could otherwise read and
 * change the files of every host.
 */
export const defaultPolicy: WorkerPolicy = ({ volumes }) =>
  volumes.length > 0 ? "mounts of the host's paths are refused by the worker's policy" : undefined

/** Asks the policy. @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK` */
export function askPolicy(policy: WorkerPolicy, task: ResolvedTask): void {
  const reason = policy(task)
  if (reason === undefined) return
  const issue: FieldIssue = { field: 'task', value: `'${task.id}'`, allowed: `one that the worker accepts: ${reason}` }
  throw new InvalidInputError('ERR_COOKIETIN_INVALID_TASK', [issue], { cookieId: task.id })
}
