import { readRetry } from '../task/retry/retry.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'
import { boolean, or, whole } from '../utils/validation/rules.ts'
import { signalIssue } from '../utils/validation/signal.ts'
import type { RunAllOptions, RunOptions } from './executor.ts'
import type { RunAllLimits } from './run-all.ts'

// Complete by its type: an option that is missing here does not compile.
export const runOptions: Record<keyof RunOptions, true> = { signal: true, priority: true, retry: true }
const runAllOptions: Record<keyof RunAllOptions, true> = { ...runOptions, ahead: true, unordered: true, settle: true }

/** The options of `runAll` after validation. */
export interface ReadRunAll {
  readonly limits: RunAllLimits
  readonly settle: boolean
  /** Those of each run. */
  readonly run: RunOptions
}

/**
 * Checks the options of `runAll`.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`, which lists every bad and every unknown option.
 */
export function readRunAll(options: RunAllOptions | undefined, concurrency: number): ReadRunAll {
  checkKnown(options, runAllOptions)
  const { ahead, unordered, settle, signal, priority, retry } = options ?? {}
  const issues = new Issues()
  const limits = {
    ahead: issues.read('ahead', ahead, or(whole({ min: 1 }), Infinity), 2 * concurrency),
    inFlight: 2 * concurrency,
    unordered: issues.read('unordered', unordered, boolean, false),
    signal,
  }
  const isSettling = issues.read('settle', settle, boolean, false)
  if (isSettling && unordered === false) issues.add('unordered', unordered, 'left out, or true, with settle: true')
  readRetry(issues, retry)
  issues.include(signalIssue(signal))
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return { limits, settle: isSettling, run: { signal, priority, retry } }
}
