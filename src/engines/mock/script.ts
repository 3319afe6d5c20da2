import type { Observable } from 'rxjs'
import type { Usage } from '../../../machines/types/cookie.ts'
import type { Stat } from '../../stats/stat.ts'
import type { ResolvedTask } from '../../task/resolved-task.ts'
import { Issues, isRecord } from '../../utils/validation/issues.ts'

/** A call of the engine port. */
export type MockCall = 'prepare' | 'copyIn' | 'start' | 'pause' | 'unpause' | 'signal' | 'kill' | 'copyOut' | 'remove'

/** Output, whole or in chunks. */
export type MockOutput = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** The script of one run. `{}` writes nothing and ends at once with exit code 0. */
export interface MockRun {
  /** Standard output, written chunk by chunk, with backpressure. */
  readonly stdout?: MockOutput
  /** Standard error, written in the same way. */
  readonly stderr?: MockOutput
  /**
   * The exit code.
   *
   * @default 0
   */
  readonly exitCode?: number
  /**
   * True: a process was killed because memory ran out.
   *
   * @default false
   */
  readonly oomKilled?: boolean
  /**
   * True: not all of the output was read. A run that is killed before all of its output was taken reports true in any case.
   *
   * @default false
   */
  readonly outputTruncated?: boolean
  /** The engine's message on the exit. */
  readonly message?: string
  /**
   * What it has used, for `result.usage`.
   *
   * @default unknown
   */
  readonly usage?: Usage
  /**
   * How long it runs at least, in ms by the engine's clock, without the time that it is paused. Infinity: until it is killed.
   *
   * @default 0
   */
  readonly runFor?: number
  /**
   * True copies the input to standard output, and ends not before the input does. False does not read the input.
   *
   * @default false
   */
  readonly echoInput?: boolean
  /** What the container holds after its end, beside the task's `files`: absolute paths and contents. */
  readonly artifacts?: Readonly<Record<string, string | Uint8Array>>
  /** The samples of the run. An array is emitted when the run starts. */
  readonly stats?: readonly Stat[] | Observable<Stat>
  /** Called when the run has started. */
  readonly onStart?: (task: ResolvedTask) => void
  /**
   * Called with the name of each signal. It ends with the exit code that this returns; undefined: it goes on.
   *
   * @default it ends with 128 + the signal's number
   */
  readonly onSignal?: (signal: string) => number | undefined
  /** What `prepare` rejects with. */
  readonly prepareError?: Error
  /** What `start` rejects with. */
  readonly startError?: Error
  /** What `pause` rejects with. */
  readonly pauseError?: Error
  /** What `unpause` rejects with. */
  readonly unpauseError?: Error
  /** What `signal` rejects with. */
  readonly signalError?: Error
  /** What `kill` rejects with. */
  readonly killError?: Error
  /** What `remove` rejects with. */
  readonly removeError?: Error
  /** What `copyIn` rejects with. */
  readonly copyInError?: Error
  /** What `copyOut` rejects with. */
  readonly copyOutError?: Error
  /** The engine is lost this many ms after the start. Then the wait rejects with `ERR_COOKIETIN_ENGINE_LOST`, as do pause, unpause and kill. */
  readonly engineLost?: number
  /** These calls do not settle until the container is removed. An abort still ends `prepare`. A `remove` listed here never settles. */
  readonly hangOn?: MockCall | readonly MockCall[]
}

/** The scripts of runs: one for all, one for each image (`'*'` for any other), or a function that returns one, which is called when the turn of a task comes. */
export type MockScript = MockRun | Readonly<Record<string, MockRun>> | ((task: ResolvedTask) => MockRun)

// Complete by its type: a field that is missing here does not compile.
const runFields: Record<keyof MockRun, true> = {
  stdout: true,
  stderr: true,
  exitCode: true,
  oomKilled: true,
  outputTruncated: true,
  message: true,
  usage: true,
  runFor: true,
  echoInput: true,
  artifacts: true,
  stats: true,
  onStart: true,
  onSignal: true,
  prepareError: true,
  startError: true,
  pauseError: true,
  unpauseError: true,
  signalError: true,
  killError: true,
  removeError: true,
  copyInError: true,
  copyOutError: true,
  engineLost: true,
  hangOn: true,
}

/** The run of a task; undefined when the script has none for its image. */
export function runOf(script: MockScript, task: ResolvedTask): MockRun | undefined {
  if (typeof script === 'function') return checkRun(script(task), `the run of ${task.image}`)
  if (isRun(script)) return script
  return Object.hasOwn(script, task.image) ? script[task.image] : script['*']
}

/**
 * Checks a script, so that a misspelt field does not pass for a run that succeeds. A function's runs are checked when it returns them.
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
