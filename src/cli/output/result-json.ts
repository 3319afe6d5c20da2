import type { RunResult } from '../../cookie/result.ts'
import { messageOf } from '../../errors.ts'
import { encodeStats } from '../../stats/codec.ts'
import type { Stat } from '../../stats/stat.ts'
import { UsageError } from '../usage-error.ts'
import { printableJson } from './printable.ts'

/** Formats a result as one line of JSON. Output that was captured as bytes is written as base64. */
export function resultJson(result: RunResult, more: object = {}): string {
  const { stdout, stderr, stats, error, stdoutError, stderrError } = result
  const isBytes = typeof stdout !== 'string' || typeof stderr !== 'string'
  return printableJson({
    ...more,
    ...result,
    ...(isBytes && { encoding: 'base64', stdout: base64(stdout), stderr: base64(stderr) }),
    stats: statsJson(stats),
    error: errorJson(error),
    stdoutError: errorJson(stdoutError),
    stderrError: errorJson(stderrError),
  })
}

const base64 = (captured: string | Uint8Array) => Buffer.from(captured as Uint8Array).toString('base64')

/** Formats a run that has no result as one line of JSON. */
export function failureJson(error: unknown, more: object = {}): string {
  return printableJson({ ...more, status: 'failed', error: errorJson(error) })
}

/** Samples in Fn's form, which `decodeStats` and Fn read: times as text, whole numbers. */
export function statsJson(stats: readonly Stat[]): unknown {
  return JSON.parse(encodeStats(stats) || '[]')
}

/** An error as JSON, for results and failed lines of a batch. What the command line refuses is an invalid task. */
export function errorJson(error: unknown): object | undefined {
  if (error === undefined) return undefined
  if (error instanceof UsageError) return { code: 'ERR_COOKIETIN_INVALID_TASK', message: error.message }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return { code, message: messageOf(error) }
}
