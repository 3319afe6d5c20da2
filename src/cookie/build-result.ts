import type { CookieState, SettledState } from '../../machines/cookie-states.ts'
import type { CookieContext } from '../../machines/cookie-types.ts'
import { outcomeOf } from '../../machines/outcome.ts'
import { CookietinError } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { Artifacts } from './artifacts/types.ts'
import type { Output } from './output.ts'
import type { FailureResult, RunRecord, RunResult, SuccessResult } from './result.ts'

/** The parts of a result. */
export interface ResultParts {
  readonly state: Exclude<SettledState, 'failed'>
  readonly context: CookieContext
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
