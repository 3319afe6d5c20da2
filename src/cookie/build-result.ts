import type { CookieState, SettledState } from '../../machines/cookie-states.ts'
import { outcomeOf } from '../../machines/outcome.ts'
import type { CookieContext } from '../../machines/types/cookie.ts'
import { CookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import { noArtifacts } from './artifacts/artifacts.ts'
import type { Artifacts } from './artifacts/types.ts'
import type { Output } from './output.ts'
import type { FailureResult, RunRecord, RunResult, SuccessResult } from './result.ts'

type Evidence = Parameters<typeof outcomeOf>[1] & Pick<CookieContext, 'id' | 'error'>

/** The parts of a result. */
export interface ResultParts {
  readonly state: Exclude<SettledState, 'failed'>
  readonly context: Evidence
  readonly labels: Readonly<Record<string, string>>
  readonly encoding: 'utf8' | 'buffer'
  readonly stdout: Output
  readonly stderr: Output
  readonly stats: readonly Stat[]
  readonly artifacts: Artifacts
  readonly timings: Partial<Record<CookieState, number>>
  /** Names of what may still exist, because its end was not seen. */
  readonly leaked: readonly string[]
}

/** The result of a run that did not fail. */
export function resultOf(parts: ResultParts): RunResult {
  const { context, encoding, stdout, stderr, stats, artifacts, timings } = parts
  const { id, exit } = context
  const record: RunRecord = {
    id,
    labels: parts.labels,
    exitCode: exit?.exitCode,
    oomKilled: exit?.oomKilled ?? false,
    stdout: encoding === 'buffer' ? stdout.bytes : stdout.text,
    stderr: encoding === 'buffer' ? stderr.bytes : stderr.text,
    stdoutTruncated: stdout.truncated,
    stderrTruncated: stderr.truncated,
    stdoutError: stdout.targetError,
    stderrError: stderr.targetError,
    stats,
    artifacts,
    usage: exit?.usage ?? {},
    attempts: 1,
    timings,
  }
  return { ...record, ...endOf(parts) }
}

/** What is known of a run that was cancelled before its cookie was made. */
export interface CancelledParts extends Pick<ResultParts, 'timings'> {
  readonly reason: unknown
  readonly streams: Pick<ResultParts, 'stdout' | 'stderr'>
}

/** The result of a task that was cancelled while it was queued: what its machine gives in `created`. */
export function cancelledResult(
  { id, labels, encoding, timeout, artifactsTimeout }: ResolvedTask,
  { reason, streams: { stdout, stderr }, timings }: CancelledParts,
): RunResult {
  const none = { exit: undefined, error: undefined, artifacts: undefined, artifactsError: undefined }
  const context = { id, cause: 'cancelled', reason, timeout, artifactsTimeout, ...none } as const
  const kept = { stdout, stderr, stats: [], artifacts: noArtifacts, leaked: [] }
  return resultOf({ state: 'cancelled', context, labels, encoding, timings, ...kept })
}

type End = Pick<SuccessResult, 'status' | 'error'> | Pick<FailureResult, 'status' | 'error'>

function endOf({ state, context, artifacts, leaked }: ResultParts): End {
  const outcome = outcomeOf(state, context)
  if (outcome.status === 'success') return { status: 'success', error: undefined }
  const left = leaked.length === 0 ? '' : `; its end was not seen, so ${leaked.join(', ')} may still exist`
  if (outcome.code === 'ERR_COOKIETIN_ARTIFACTS_FAILED' && artifacts.error !== undefined)
    return { status: outcome.status, error: artifacts.error }
  const cause = outcome.status === 'cancelled' ? context.reason : context.error
  const { retryable = false } = outcome
  const options = { cookieId: context.id, retryable, leaked, cause }
  const error = new CookietinError(outcome.code, outcome.message + left, options)
  return { status: outcome.status, error }
}
