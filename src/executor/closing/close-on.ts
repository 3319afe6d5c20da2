import { constants } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { GcAfterExit } from '../../engines/engine.ts'
import type { Issues } from '../../utils/validation/issues.ts'
import { oneOf } from '../../utils/validation/rules.ts'
import { startGcs } from './exit-gc.ts'

/** What may close an executor: signals to this process, and events of `process`. */
const closeEvents = [
  ...['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK', 'SIGUSR1', 'SIGUSR2'],
  ...['beforeExit', 'exit', 'uncaughtException'],
] as readonly CloseEvent[]

/** A signal to this process, or an event of `process`, that closes an executor. */
export type CloseEvent =
  | 'SIGINT'
  | 'SIGTERM'
  | 'SIGHUP'
  | 'SIGQUIT'
  | 'SIGBREAK'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'beforeExit'
  | 'exit'
  | 'uncaughtException'

/** The part of an executor that is used here. */
interface Closable {
  close(options: { readonly force: boolean }): Promise<void>
  /** What `cookietin gc` is to remove when this process exits now. */
  gcAfterExit(): GcAfterExit | undefined
}

/** The executors that each event closes, with the one listener that they share. */
const watched = new Map<CloseEvent, Watch>()

interface Watch {
  readonly executors: Set<Closable>
  readonly listener: (value: unknown) => void
}

const eventRule = oneOf(...closeEvents)

/** Reads the option `closeOn`. */
export function readCloseOn(issues: Issues, value: unknown): readonly CloseEvent[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    issues.add('closeOn', value, "an array such as ['SIGINT', 'SIGTERM']")
    return []
  }
  const read = value.map((event, index) => issues.read(`closeOn[${index}]`, event ?? null, eventRule, undefined))
  return [...new Set(read.filter(event => event !== undefined))]
}

/** Closes an executor at any of these events. Returns a function that ends this. */
export function closeOnEvents(executor: Closable, events: readonly CloseEvent[]): () => void {
  for (const event of events) watchOf(event).executors.add(executor)
  return () => {
    for (const event of events) leave(event, executor)
  }
}

function watchOf(event: CloseEvent): Watch {
  const known = watched.get(event)
  if (known !== undefined) return known
  const made = { executors: new Set<Closable>(), listener: listenerOf(event) }
  watched.set(event, made)
  process.on(event, made.listener)
  return made
}

function leave(event: CloseEvent, executor: Closable): void {
  const watch = watched.get(event)
  if (watch === undefined) return
  watch.executors.delete(executor)
  // While the process is ending, a further signal must not end it before its containers are removed.
  if (watch.executors.size > 0 || isEnding.has(event)) return
  process.off(event, watch.listener)
  watched.delete(event)
}

const isEnding = new Set<CloseEvent>()

/** The first event closes, the second kills what is still ending, and the third ends the process at once. */
function listenerOf(event: CloseEvent): (value: unknown) => void {
  if (event === 'exit') return leaveToGc
  let times = 0
  return value => {
    times += 1
    const exitCode = exitCodeOf(event)
    const isAlone = process.listenerCount(event) === 1
    if (event === 'uncaughtException' && isAlone) process.stderr.write(`Uncaught ${inspect(value)}\n`)
    if (times > 2 && exitCode !== undefined && isAlone) process.exit(exitCode)
    isEnding.add(event)
    void closeAll(event).then(() => {
      isEnding.delete(event)
      if (exitCode !== undefined && isAlone) process.exit(exitCode)
    })
  }
}

/** At an exit nothing can be awaited any more. */
function leaveToGc(): void {
  const calls = [...(watched.get('exit')?.executors ?? [])].map(executor => executor.gcAfterExit())
  startGcs(calls.filter(call => call !== undefined))
}

async function closeAll(event: CloseEvent): Promise<void> {
  const executors = [...(watched.get(event)?.executors ?? [])]
  const outcomes = await Promise.allSettled(executors.map(executor => executor.close({ force: true })))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') process.emitWarning(String(outcome.reason), { code: 'COOKIETIN_NOT_CLEANED' })
  }
  // Those that await a result of theirs go first.
  await nextTurn()
  const watch = watched.get(event)
  if (watch === undefined) return
  for (const executor of executors) watch.executors.delete(executor)
  if (watch.executors.size > 0) return
  process.off(event, watch.listener)
  watched.delete(event)
}

/** What the process ends with; undefined: as it was going to. */
function exitCodeOf(event: CloseEvent): number | undefined {
  if (event === 'beforeExit' || event === 'exit') return undefined
  return event === 'uncaughtException' ? 1 : 128 + constants.signals[event]
}
