import { availableParallelism } from 'node:os'
import type { CookieOptions } from '../cookie/cookie.ts'
import { readCookieOptions } from '../driver/cookie-options.ts'
import type { Driver } from '../driver/driver.ts'
import { type EngineDriver, isEngineDriver } from '../driver/engine-driver.ts'
import { readStop } from '../task/limits.ts'
import type { Size, StopOptions } from '../task/task.ts'
import { Issues, isRecord } from '../utils/validation/issues.ts'
import { or, size, whole } from '../utils/validation/rules.ts'
import { type CloseEvent, readCloseOn } from './closing/close-on.ts'
import type { Instrumentation } from './observers/instrumentation.ts'
import type { RunLog } from './observers/run-log.ts'

/** Options of {@link createExecutor}. */
export interface ExecutorOptions extends Omit<CookieOptions, 'maxOutput'> {
  /** Where the tasks run. The executor does not close it. */
  readonly driver: Driver
  /**
   * How many tasks run at once. More than the default only slow the engine down.
   *
   * @default twice the number of CPUs that Node may use
   */
  readonly concurrency?: number | undefined
  /**
   * Bound on the sum of the memory limits of the tasks that run at once. A task without a limit counts as 0.
   *
   * @default none
   */
  readonly memory?: Size | undefined
  /**
   * Bound on the sum of the CPU limits of the tasks that run at once, in milli-CPUs. A task without a limit counts as 0.
   *
   * @default none
   */
  readonly cpus?: number | undefined
  /**
   * How many bytes of each output stream a result may hold. The rest still goes to writables and streams.
   *
   * @default 8 MiB, or 1 MiB of a stream that has a writable of the task
   */
  readonly maxOutput?: Size | undefined
  /**
   * The signal that asks the programs of tasks to end that name none: a name such as `'SIGINT'`, or a number.
   *
   * @default the image's own, else SIGTERM
   */
  readonly stopSignal?: string | number | undefined
  /**
   * How long the programs of tasks that do not say it may take to end after their stop signal, in ms, before they are killed. 0 kills them
   * at once.
   *
   * @default 0
   */
  readonly stopGrace?: number | undefined
  /**
   * True thaws frozen containers to stop them, so that their programs can handle the signal.
   *
   * @default false
   */
  readonly thaw?: boolean | undefined
  /**
   * Closes the executor with `force` when this process is told to stop: names of signals, `'beforeExit'`, `'exit'`, `'uncaughtException'`. After
   * a signal the process ends with 128 + its number, unless it has a handler of its own.
   *
   * @default none
   */
  readonly closeOn?: readonly CloseEvent[] | undefined
  /**
   * Keeps every run: a history of `cookietin/history`, or a log of your own. A result is given after its run is kept. The executor does not
   * close it.
   */
  readonly history?: RunLog | undefined
  /**
   * Follows every run and call: a telemetry of `cookietin/telemetry`, or an instrumentation of your own. It never changes how a run ends. The
   * executor does not close it.
   */
  readonly telemetry?: Instrumentation | undefined
}

/** The options after validation. */
export interface ResolvedExecutorOptions {
  readonly driver: EngineDriver
  readonly concurrency: number
  /** Bytes; Infinity for none. */
  readonly memory: number
  /** Milli-CPUs; Infinity for none. */
  readonly cpus: number
  readonly cookie: CookieOptions
  readonly stop: StopOptions
  readonly closeOn: readonly CloseEvent[]
  readonly history: RunLog | undefined
  readonly telemetry: Instrumentation | undefined
}

// Complete by its type: an option that is missing here does not compile.
const names: Record<keyof ExecutorOptions, true> = {
  driver: true,
  concurrency: true,
  memory: true,
  cpus: true,
  maxStats: true,
  statExtremes: true,
  maxOutput: true,
  killOnMaxOutput: true,
  inspect: true,
  stopSignal: true,
  stopGrace: true,
  thaw: true,
  closeOn: true,
  history: true,
  telemetry: true,
}

const driverRule = 'a driver made by createDockerDriver(), createProcessDriver(), createMockDriver() or createDriver()'

/**
 * Checks an executor's options.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`, which lists every bad and every unknown option.
 */
export function resolveExecutorOptions(options: ExecutorOptions): ResolvedExecutorOptions {
  const issues = new Issues()
  if (!isRecord(options)) {
    issues.add('options', options, 'an object such as { driver }')
    issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  }
  issues.refuseUnknown(options, Object.keys(names))
  const { driver, history, telemetry } = options
  if (!isEngineDriver(driver)) issues.add('driver', driver, driverRule)
  if (history !== undefined && typeof history?.follow !== 'function') {
    issues.add('history', history, 'a history made by createHistory(), awaited')
  }
  if (telemetry !== undefined && typeof telemetry?.follow !== 'function') {
    issues.add('telemetry', telemetry, 'a telemetry made by startTelemetry()')
  }
  const atLeastOne = or(whole({ min: 1 }), Infinity)
  const resolved = {
    driver: driver as EngineDriver,
    history,
    telemetry,
    concurrency: issues.read('concurrency', options.concurrency, atLeastOne, 2 * availableParallelism()),
    memory: issues.read('memory', options.memory, or(size, Infinity), Infinity),
    cpus: issues.read('cpus', options.cpus, atLeastOne, Infinity),
    stop: readStop(issues, options),
    closeOn: readCloseOn(issues, options.closeOn),
    cookie: readCookieOptions(issues, options),
  }
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  return resolved
}
