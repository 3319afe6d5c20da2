import type { Stop } from '../../machines/types/cookie.ts'
import type { EngineContainer } from '../engines/engine.ts'
import { readStop } from '../task/limits.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import type { StopOptions } from '../task/task.ts'
import { Issues } from '../utils/validation/issues.ts'
import { checkKnown } from '../utils/validation/known-options.ts'

/** How the program of a task is stopped. On an engine without signals it is killed at once. */
export function stopOf({ stopSignal, stopGrace, thaw }: ResolvedTask, { signal }: EngineContainer): Stop {
  return { stopSignal, stopGrace: signal === undefined ? 0 : stopGrace, thaw }
}

/**
 * The part of it that one cancel changes.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function givenStop(given: StopOptions | undefined, { signal }: EngineContainer): Partial<Stop> {
  const stop = given ?? {}
  const read = checkGivenStop(stop)
  if (signal === undefined) return {}
  return Object.fromEntries(Object.entries(read).filter(([name]) => stop[name as keyof StopOptions] !== undefined))
}

const stopOptions: Record<keyof StopOptions, true> = { stopSignal: true, stopGrace: true, thaw: true }

/**
 * Checks how one cancel is to stop a task.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_TASK`
 */
export function checkGivenStop(stop: StopOptions | undefined): Stop {
  checkKnown(stop, stopOptions)
  const issues = new Issues()
  const read = readStop(issues, stop ?? {})
  issues.throwIfAny('ERR_COOKIETIN_INVALID_TASK')
  return read
}
