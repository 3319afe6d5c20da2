import { availableParallelism } from 'node:os'
import type { CookieOptions } from '../cookie.ts'
import { type Driver, EngineDriver } from '../driver.ts'
import { type FieldIssue, InvalidInputError } from '../errors.ts'
import type { RunLog } from '../run-log.ts'
import { parseSize } from '../sizes.ts'
import type { Size } from '../task.ts'

/** What {@link createExecutor} takes. */
export interface ExecutorOptions extends Omit<CookieOptions, 'maxOutput'> {
  /** Where the tasks run. The executor does not close it. */
  readonly driver: Driver
  /** How many tasks run at once. Default: twice the number of CPUs that Node may use; more only slow the engine down. */
  readonly concurrency?: number | undefined
  /** Bound on the sum of the memory limits of the tasks that run at once. A task without a limit counts nothing. Default: none. */
  readonly memory?: Size | undefined
  /** Bound on the sum of the CPU limits of the tasks that run at once, in milli-CPUs. A task without a limit counts nothing. Default: none. */
  readonly cpus?: number | undefined
  /** How many bytes of each output stream a result may hold; the rest still goes to writables and streams. Default 8 MiB, 1 MiB of a stream that goes to a writable of the task. */
  readonly maxOutput?: Size | undefined
  /** Keeps every run: a history of `cookietin/history`, or your own. Results are given when their run is kept. The executor does not close it. */
  readonly history?: RunLog | undefined
}

/** The options, checked and complete. */
export interface ResolvedExecutorOptions {
  readonly driver: EngineDriver
  readonly concurrency: number
  /** Bytes; Infinity for none. */
  readonly memory: number
  /** Milli-CPUs; Infinity for none. */
  readonly cpus: number
  readonly cookie: CookieOptions
  readonly history: RunLog | undefined
}

/** Checks an executor's options; throws one error that lists every bad one. */
export function resolveExecutorOptions(options: ExecutorOptions): ResolvedExecutorOptions {
  const issues: FieldIssue[] = []
  const refuse = (field: keyof ExecutorOptions, value: unknown, allowed: string) => {
    issues.push({ field, value: typeof value === 'string' ? JSON.stringify(value) : String(value), allowed })
  }
  const count = (field: 'concurrency' | 'cpus' | 'maxStats', least: number, fallback: number) => {
    const value = options[field] ?? fallback
    if (value !== Infinity && !(Number.isInteger(value) && value >= least))
      refuse(field, value, `a whole number from ${least} up`)
    return value
  }
  const size = (field: 'memory' | 'maxOutput') => {
    const given = options[field]
    if (given === undefined || given === Infinity) return given
    const value = parseSize(given)
    if (value === undefined) refuse(field, given, "a number of bytes, or a size such as '512m'")
    return value
  }
  const { driver, inspect, history } = options
  if (!(driver instanceof EngineDriver)) {
    refuse('driver', driver, 'a driver made by createDockerDriver(), createProcessDriver() or createMockDriver()')
  }
  if (history !== undefined && typeof history?.follow !== 'function') {
    refuse('history', history, 'a history made by createHistory(), awaited')
  }
  const resolved = {
    driver: driver as EngineDriver,
    history,
    concurrency: count('concurrency', 1, 2 * availableParallelism()),
    memory: size('memory') ?? Infinity,
    cpus: count('cpus', 1, Infinity),
    cookie: {
      maxStats: count('maxStats', 0, 240),
      statExtremes: options.statExtremes,
      maxOutput: size('maxOutput'),
      inspect,
    },
  }
  if (issues.length > 0) throw new InvalidInputError('ERR_COOKIETIN_INVALID_CONFIG', issues)
  return resolved
}
