import { type Issues, isRecord } from '../../utils/validation/issues.ts'
import { callback, milliseconds, whole } from '../../utils/validation/rules.ts'
import { isReadOnce } from '../input.ts'
import type { ResolvedTask } from '../resolved-task.ts'
import type { FailedAttempt, ResolvedRetry, RetryOptions } from './types.ts'

const attemptsRule = whole({ min: 1, max: 1_000 })
const retryRule = 'an object such as { attempts: 3, delay: 1000 }'
const known: Record<keyof RetryOptions, true> = { attempts: true, delay: true, maxDelay: true, when: true }
const whenRetryable = ({ retryable }: FailedAttempt) => retryable

/** Reads how a task is retried; undefined for not at all. */
export function readRetry(issues: Issues, value: unknown): ResolvedRetry | undefined {
  if (value === undefined) return undefined
  if (!isRecord(value)) return issues.add('retry', value, retryRule)
  issues.refuseUnknown(value, Object.keys(known), { at: 'retry.' })
  const read = issues.read('retry.when', value.when, callback, whenRetryable)
  return Object.freeze({
    attempts: issues.read('retry.attempts', value.attempts, attemptsRule, 3),
    delay: issues.read('retry.delay', value.delay, milliseconds(), 1_000),
    maxDelay: issues.read('retry.maxDelay', value.maxDelay, milliseconds(), 30_000),
    when: read as ResolvedRetry['when'],
  })
}

/** Adds an issue for each input and file that a second attempt could not read. */
export function checkRepeatable(issues: Issues, { input, files }: Pick<ResolvedTask, 'input' | 'files'>): void {
  const reason = 'where the task has retry: a stream is read only once'
  if (isReadOnce(input)) {
    issues.addSecret('input', input, `text, bytes, an array, or a function that makes the input, ${reason}`)
  }
  for (const { path, content } of files) {
    if (isReadOnce(content))
      issues.addSecret(`files[${JSON.stringify(path)}]`, content, `text, bytes or { from }, ${reason}`)
  }
}
