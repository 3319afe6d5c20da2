import { inspect } from 'node:util'
import type { CookieState, SettledState } from '../../machines/cookie-states.ts'
import type { CookieContext } from '../../machines/cookie-types.ts'
import { CookietinError, type ErrorCode } from '../errors.ts'
import type { Stat } from '../stats/stat.ts'
import type { Output } from './output.ts'
import type { RunResult, RunStatus } from './result.ts'

/** All that a result is made of. */
export interface ResultParts {
  readonly state: Exclude<SettledState, 'failed'>
  readonly context: CookieContext
  readonly encoding: 'utf8' | 'buffer'
  readonly stdout: Output
  readonly stderr: Output
  readonly stats: readonly Stat[]
  readonly timings: Partial<Record<CookieState, number>>
  /** What may still exist because its end was not seen. */
  readonly leaked: readonly string[]
}

/** The result of a task that ended by itself or by us. */
export function resultOf({ state, context, encoding, stdout, stderr, stats, timings, leaked }: ResultParts): RunResult {
  const { id, exit } = context
  const status = statusOf(state, exit?.exitCode)
  return {
    id,
    status,
    error: status === 'success' ? undefined : errorOf(status, context, leaked),
    exitCode: exit?.exitCode,
    oomKilled: exit?.oomKilled ?? false,
    stdout: encoding === 'buffer' ? stdout.bytes : stdout.text,
    stderr: encoding === 'buffer' ? stderr.bytes : stderr.text,
    stdoutTruncated: stdout.truncated,
    stderrTruncated: stderr.truncated,
    stats,
    timings,
  }
}

function statusOf(state: ResultParts['state'], exitCode: number | undefined): RunStatus {
  if (state !== 'done') return state
  return exitCode === 0 ? 'success' : 'error'
}

function errorOf(
  status: Exclude<RunStatus, 'success'>,
  context: CookieContext,
  leaked: readonly string[],
): CookietinError {
  const [code, message] = describe(status, context)
  const left = leaked.length === 0 ? '' : `; its end was not seen, so ${leaked.join(', ')} may still exist`
  const cause = status === 'cancelled' ? context.reason : context.error
  return new CookietinError(code, message + left, { cookieId: context.id, leaked, cause })
}

function describe(status: Exclude<RunStatus, 'success'>, context: CookieContext): [ErrorCode, string] {
  switch (status) {
    case 'timeout':
      return [
        'ERR_COOKIETIN_TIMEOUT',
        `The task ran for longer than its timeout of ${context.timeout} ms and was killed`,
      ]
    case 'cancelled':
      return ['ERR_COOKIETIN_CANCELLED', `The task was cancelled${reasonOf(context.reason)}`]
    case 'killed':
      return describeKill(context)
    case 'error':
      return describeExit(context)
  }
}

function reasonOf(reason: unknown): string {
  if (reason === undefined) return ''
  if (reason instanceof Error) return `: ${reason.message}`
  return `: ${typeof reason === 'string' ? reason : inspect(reason, { breakLength: Number.POSITIVE_INFINITY })}`
}

function describeKill({ cause, exit }: CookieContext): [ErrorCode, string] {
  if (cause === 'killed') return ['ERR_COOKIETIN_KILLED', 'The task was killed by kill()']
  if (exit?.oomKilled) {
    return ['ERR_COOKIETIN_OOM_KILLED', 'The task was killed by the kernel: out of memory. Raise `memory`, or use less']
  }
  return [
    'ERR_COOKIETIN_KILLED',
    'The task exited with code 137: killed from outside, with no evidence of a want of memory',
  ]
}

function describeExit({ exit }: CookieContext): [ErrorCode, string] {
  const exitCode = exit?.exitCode ?? 0
  const said = exit?.message === undefined ? '' : `: ${exit.message}`
  if (exitCode === 127 && exit?.message !== undefined) {
    return ['ERR_COOKIETIN_COMMAND_NOT_FOUND', `The command was not found (exit code 127)${said}`]
  }
  if (exitCode === 126 && exit?.message !== undefined) {
    return ['ERR_COOKIETIN_COMMAND_NOT_EXECUTABLE', `The command could not be executed (exit code 126)${said}`]
  }
  const signal = exitCode > 128 && exitCode < 160 ? ` (128 + signal ${exitCode - 128})` : ''
  return ['ERR_COOKIETIN_EXIT_NONZERO', `The task exited with code ${exitCode}${signal}${said}`]
}
