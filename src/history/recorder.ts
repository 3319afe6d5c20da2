import type { Observable } from 'rxjs'
import type { Transition } from '../cookie/result.ts'
import type { RunEnd, RunRecorder } from '../executor/observers/run-log.ts'
import type { ResolvedTask } from '../task/resolved-task.ts'
import { currentOwner } from '../utils/owner.ts'
import { insertLabels, insertRun, insertTransition, upsertRun } from './rows.ts'
import type { Tables } from './schema.ts'
import type { Writer } from './writer.ts'

interface LiveRun {
  readonly key: string
  readonly createdAt: number
  startedAt: number | undefined
  /** The monotonic clock at the creation, then at the start. */
  since: number
  transitions: number
  ended: boolean
  closed: boolean
}

/** What the recorders of a history share. */
export interface HistoryRecorderParts {
  readonly writer: Writer
  readonly tables: Tables
  readonly newKey: (createdAt: number) => string
  /** Awaits the write of a run that has ended; it may time out. */
  readonly whenWritten: (written: Promise<void>) => Promise<void>
  readonly called: RunRecorder['called']
}

/** Records the runs of one executor. */
export class HistoryRecorder implements RunRecorder {
  readonly #writer: Writer
  readonly #tables: Tables
  readonly #newKey: (createdAt: number) => string
  readonly #whenWritten: (written: Promise<void>) => Promise<void>
  /** Undefined: calls are not recorded. */
  readonly called: RunRecorder['called']
  /** By the cookie's id. A new run may take the id of one that is still closing. */
  readonly #live = new Map<string, LiveRun[]>()

  constructor(
    { writer, tables, newKey, whenWritten, called }: HistoryRecorderParts,
    transitions$: Observable<Transition>,
  ) {
    this.#writer = writer
    this.#tables = tables
    this.#newKey = newKey
    this.#whenWritten = whenWritten
    this.called = called
    transitions$.subscribe(transition => this.#onTransition(transition))
  }

  created(task: ResolvedTask): void {
    const run = this.#start(task.id)
    this.#writer.push(insertRun({ key: run.key, owner: currentOwner(), createdAt: run.createdAt }, task))
    if (this.#tables.hasLabels) for (const label of insertLabels(run.key, task)) this.#writer.push(label)
  }

  ended(end: RunEnd): Promise<void> {
    const { id } = end.task
    const run = this.#live.get(id)?.find(({ ended }) => !ended) ?? this.#start(id)
    run.ended = true
    const { key, createdAt, startedAt } = run
    const facts = { key, owner: currentOwner(), createdAt, startedAt, endedAt: timeOf(run, Date.now()) }
    this.#writer.push(upsertRun(facts, end))
    // The insert at its start may have failed.
    if (this.#tables.hasLabels) for (const label of insertLabels(key, end.task)) this.#writer.push(label)
    this.#dropClosed(id)
    return this.#whenWritten(this.#writer.flush())
  }

  #start(id: string): LiveRun {
    const createdAt = Date.now()
    const run = {
      key: this.#newKey(createdAt),
      createdAt,
      startedAt: undefined,
      since: performance.now(),
      transitions: 0,
      ended: false,
      closed: false,
    }
    this.#live.set(id, [...(this.#live.get(id) ?? []), run])
    return run
  }

  /** Drops the runs that have both ended and closed; either may come first. */
  #dropClosed(id: string): void {
    const runs = this.#live.get(id)?.filter(({ ended, closed }) => !ended || !closed) ?? []
    if (runs.length === 0) this.#live.delete(id)
    else this.#live.set(id, runs)
  }

  #onTransition(transition: Transition): void {
    const { id, from, to, at } = transition
    const run = this.#live.get(id)?.find(({ closed }) => !closed)
    // A run begins with `created()`. Its first transition adds nothing.
    if (run === undefined || from === undefined) return
    if (to === 'running' && run.startedAt === undefined) {
      run.startedAt = timeOf(run, at)
      run.since = performance.now()
    }
    this.#writer.push(insertTransition(run.key, run.transitions++, transition))
    if (to === 'closed') run.closed = true
    this.#dropClosed(id)
  }
}

/** The time of an event of a run. Where the clock was set back meanwhile, the time that has passed decides. */
function timeOf({ createdAt, startedAt = createdAt, since }: LiveRun, now: number): number {
  return now >= startedAt ? now : Math.round(startedAt + performance.now() - since)
}
