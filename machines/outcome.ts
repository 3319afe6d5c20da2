import type { SettledState } from './cookie-states.ts'
import type { CookieContext, Exit } from './types/cookie.ts'

/** How a task ended (Fn's statuses). */
export type RunStatus = 'success' | 'error' | 'timeout' | 'killed' | 'cancelled'

/** The code of each outcome but a success. */
export type OutcomeCode =
  | 'ERR_COOKIETIN_TIMEOUT'
  | 'ERR_COOKIETIN_CANCELLED'
  | 'ERR_COOKIETIN_KILLED'
  | 'ERR_COOKIETIN_OOM_KILLED'
  | 'ERR_COOKIETIN_OUTPUT_TOO_LARGE'
  | 'ERR_COOKIETIN_COMMAND_NOT_FOUND'
  | 'ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE'
  | 'ERR_COOKIETIN_EXIT_NONZERO'
  | 'ERR_COOKIETIN_ARTIFACTS_FAILED'

/** A code and its message. */
export interface Explanation {
  readonly code: OutcomeCode
  readonly message: string
  /** True where another attempt may end otherwise: the task was killed from outside. */
  readonly retryable?: true
}

/** How a run ended, and why. This file is the only one that decides it. */
export type Outcome =
  | { readonly status: 'success' }
  | (Explanation & { readonly status: Exclude<RunStatus, 'success'> })

type Evidence = Pick<CookieContext, 'cause' | 'exit' | 'reason' | 'timeout'> & Collecting

/** What tells whether the artifacts were copied. */
type Collecting = Pick<CookieContext, 'artifacts' | 'artifactsError' | 'artifactsTimeout'>

/** The exit code of a process that SIGKILL ended. */
const sigkilled = 137

/**
 * True for an exit that neither the task nor we caused: the kernel when memory ran out, SIGKILL, or another signal that
 * came from outside by what the engine knows.
 */
export const isKilledOutside = (exit: Exit | undefined): boolean =>
  exit !== undefined &&
  exit.exitCode !== 0 &&
  (exit.exitCode === sigkilled || exit.oomKilled || exit.killedOutside !== undefined)

/** The outcome of a cookie that has settled. A failed one has an error instead. */
export function outcomeOf(state: Exclude<SettledState, 'failed'>, evidence: Evidence): Outcome {
  switch (state) {
    case 'timeout':
      return {
        status: 'timeout',
        code: 'ERR_COOKIETIN_TIMEOUT',
        message: `The task ran for longer than its timeout of ${evidence.timeout} ms and was ended`,
      }
    case 'cancelled':
      return {
        status: 'cancelled',
        code: 'ERR_COOKIETIN_CANCELLED',
        message: `The task was cancelled${detailOf(evidence.reason)}`,
      }
    case 'killed':
      return { status: 'killed', ...killOf(evidence) }
    case 'done':
      return doneOf(evidence)
  }
}

/** A run without the artifacts that it was made for is no success. One that failed before keeps its first cause. */
function doneOf(evidence: Evidence): Outcome {
  if (evidence.exit?.exitCode !== 0) return { status: 'error', ...errorOf(evidence) }
  const failure = collectionFailureOf(evidence)
  return failure === undefined ? { status: 'success' } : { status: 'error', ...failure }
}

/** Why the artifacts of a settled cookie are not there; undefined when they are, and for a task without any. */
export function collectionFailureOf({
  artifacts,
  artifactsError,
  artifactsTimeout,
}: Collecting): Explanation | undefined {
  if (artifacts === undefined || artifacts === 'taken') return undefined
  const reasons = {
    wanted: 'the run was ended before',
    late: `they took longer than artifactsTimeout (${artifactsTimeout} ms)`,
    stopped: `the run was cancelled, killed or closed meanwhile${detailOf(artifactsError)}`,
    failed: String(detailOf(artifactsError)).replace(/^: /, '') || 'the engine failed',
  }
  const message = `The artifacts could not be copied out of the container: ${reasons[artifacts]}`
  return { code: 'ERR_COOKIETIN_ARTIFACTS_FAILED', message }
}

function killOf({ cause, exit }: Evidence): Explanation {
  if (cause === 'killed') return { code: 'ERR_COOKIETIN_KILLED', message: 'The task was killed by kill()' }
  if (cause === 'overflow') {
    const message = 'The task wrote more than maxOutput and was killed. Raise maxOutput, or write less'
    return { code: 'ERR_COOKIETIN_OUTPUT_TOO_LARGE', message }
  }
  if (exit?.oomKilled) {
    const message = 'The task was killed by the kernel: out of memory. Raise `memory`, or use less'
    return { code: 'ERR_COOKIETIN_OOM_KILLED', message }
  }
  const evidence = exit?.killedOutside ?? `killed by SIGKILL, with no sign that memory ran out`
  const message = `The task exited with code ${exit?.exitCode ?? sigkilled}: ${evidence}`
  return { code: 'ERR_COOKIETIN_KILLED', message, retryable: true }
}

function errorOf({ exit }: Evidence): Explanation {
  const { exitCode = 0, message, commandMissing = false } = exit ?? {}
  if ((exitCode === 127 && message !== undefined) || commandMissing) {
    return {
      code: 'ERR_COOKIETIN_COMMAND_NOT_FOUND',
      message: `The command was not found (exit code ${exitCode}): ${message}`,
    }
  }
  if (exitCode === 126 && message !== undefined) {
    return {
      code: 'ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE',
      message: `The command could not be executed (exit code 126): ${message}`,
    }
  }
  const signal = exitCode > 128 && exitCode < 160 ? ` (128 + signal ${exitCode - 128})` : ''
  return {
    code: 'ERR_COOKIETIN_EXIT_NONZERO',
    message: `The task exited with code ${exitCode}${signal}${detailOf(message)}`,
  }
}

/** A reason is the caller's own value: its message may not even be readable. */
function detailOf(value: unknown): string {
  if (value === undefined) return ''
  try {
    if (value instanceof Error) return `: ${value.message}`
    return `: ${typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))}`
  } catch {
    return ''
  }
}
