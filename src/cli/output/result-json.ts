import type { RunResult } from '../../cookie/result.ts'
import { encodeStats } from '../../stats/codec.ts'
import type { Stat } from '../../stats/stat.ts'

/** Formats a result as one line of JSON. Errors need {@link errorJson}: they have no enumerable fields. */
export function resultJson(result: RunResult, more: object = {}): string {
  return JSON.stringify({ ...more, ...result, stats: statsJson(result.stats), error: errorJson(result.error) })
}

/** Samples in Fn's form, which `decodeStats` and Fn read: times as text, whole numbers. */
export function statsJson(stats: readonly Stat[]): unknown {
  return JSON.parse(encodeStats(stats) || '[]')
}

/** An error as JSON, for results and failed lines of a batch. */
export function errorJson(error: unknown): object | undefined {
  if (error === undefined) return undefined
  if (!(error instanceof Error)) return { message: String(error) }
  return { code: 'code' in error ? error.code : undefined, message: error.message }
}
