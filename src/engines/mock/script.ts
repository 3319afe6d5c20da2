import type { Observable } from 'rxjs'
import type { Stat } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/task.ts'
import { Issues, isRecord } from '../../utils/validation/issues.ts'

/** A call of the engine port. */
export type MockCall = 'prepare' | 'start' | 'pause' | 'unpause' | 'kill' | 'remove'

/** Output, whole or in the chunks that it is to come in. */
export type MockOutput = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** How one run goes. `{}` is a run that writes nothing and ends at once with exit code 0. */
export interface MockRun {
  /** Written chunk by chunk, each when the one before was taken. */
  readonly stdout?: MockOutput
  readonly stderr?: MockOutput
  /** Default 0. */
  readonly exitCode?: number
  /** Default false. */
  readonly oomKilled?: boolean
  /** Default false; a run that is killed before all of its output was taken says true. */
  readonly outputTruncated?: boolean
  /** The engine's own words on the exit. */
  readonly message?: string
  /** How long it runs at least, in ms by the engine's clock; the time stands while it is paused. Infinity: until it is killed. Default 0. */
  readonly runFor?: number
  /** Copies its input to standard output and ends no sooner than that does. Default false: the input is not read. */
  readonly echoInput?: boolean
  /** Given to whoever samples the run, as soon as it runs; an observable as they come. */
  readonly stats?: readonly Stat[] | Observable<Stat>
  /** Called when it has started. */
  readonly onStart?: (task: ResolvedTask) => void
  /** What the calls reject with. */
  readonly prepareError?: Error
  readonly startError?: Error
  readonly pauseError?: Error
  readonly unpauseError?: Error
  readonly killError?: Error
  readonly removeError?: Error
  /** The engine is lost so many ms after the start: the wait rejects with `ERR_COOKIETIN_ENGINE_LOST`, as do a pause, an unpause and a kill from then on. */
  readonly engineLost?: number
  /** These calls do not settle, until the container is removed; an abort still ends `prepare`. A `remove` that hangs does so for good. */
  readonly hangOn?: MockCall | readonly MockCall[]
}

/** How runs go: all in one way, by the image (`'*'` for any other), or as a function says. */
export type MockScript = MockRun | Readonly<Record<string, MockRun>> | ((task: ResolvedTask) => MockRun)

// Complete by its type: a field that a run gains and this list does not is a compile error.
const runFields: Record<keyof MockRun, true> = {
  stdout: true,
  stderr: true,
  exitCode: true,
  oomKilled: true,
  outputTruncated: true,
  message: true,
  runFor: true,
  echoInput: true,
  stats: true,
  onStart: true,
  prepareError: true,
  startError: true,
  pauseError: true,
  unpauseError: true,
  killError: true,
  removeError: true,
  engineLost: true,
  hangOn: true,
}

/** The run that a script has for a task; undefined when it has none for its image. */
export function runOf(script: MockScript, task: ResolvedTask): MockRun | undefined {
  if (typeof script === 'function') return checkRun(script(task), `the run of ${task.image}`)
  if (isRun(script)) return script
  return Object.hasOwn(script, task.image) ? script[task.image] : script['*']
}

/**
 * Refuses a script with what no run has, lest a misspelt field passes for a run that goes well. A function's runs are checked as it gives them.
 *
 * @throws InvalidInputError `ERR_COOKIETIN_INVALID_CONFIG`
 */
export function checkScript(script: MockScript): void {
  if (typeof script === 'function' || (isRecord(script) && isRun(script))) return
  const runs = isRecord(script) ? Object.entries(script) : [['', script] as const]
  for (const [image, run] of runs) checkRun(run, image === '' ? 'script' : `script[${JSON.stringify(image)}]`)
}

function checkRun(run: unknown, where: string): MockRun {
  if (isRecord(run) && isRun(run) && !('then' in run)) return run
  const issues = new Issues()
  if (isRecord(run)) issues.refuseUnknown(run, Object.keys(runFields), { at: `${where}.` })
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  issues.addSecret(where, run, 'a run, such as { exitCode: 3 }, and not a promise of one')
  issues.throwIfAny('ERR_COOKIETIN_INVALID_CONFIG')
  return {}
}

function isRun(script: object): script is MockRun {
  return Object.keys(script).every(name => Object.hasOwn(runFields, name))
}
