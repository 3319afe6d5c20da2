import type { Observable } from 'rxjs'
import type { Transition } from '../cookie/result.ts'
import type { RunEnd, RunRecorder } from '../executor/run-log.ts'
import type { ResolvedTask } from '../task/task.ts'
import { currentOwner } from '../utils/owner.ts'
import { insertRun, insertTransition, upsertRun } from './rows.ts'
import type { Writer } from './writer.ts'

interface LivingRun {
  readonly key: string
  readonly createdAt: number
  startedAt: number | undefined
  transitions: number
  ended: boolean
  closed: boolean
}

/** Writes the runs of one executor as they go. */
export class HistoryRecorder implements RunRecorder {
  readonly #writer: Writer
  readonly #newKey: (createdAt: number) => string
  readonly #ended: (written: Promise<void>) => Promise<void>
  /** By the cookie's id. One that is being closed may have a successor of the same id, whose first step follows its last. */
  readonly #living = new Map<string, LivingRun[]>()

  /** `ended` may give up waiting for a run to be written. */
  constructor(
    writer: Writer,
    newKey: (createdAt: number) => string,
    ended: (written: Promise<void>) => Promise<void>,
    transitions$: Observable<Transition>,
  ) {
    this.#writer = writer
    this.#newKey = newKey
    this.#ended = ended
    transitions$.subscribe(transition => this.#move(transition))
  }

  created(task: ResolvedTask): void {
    const run = this.#begin(task.id)
    this.#writer.push(insertRun({ key: run.key, owner: currentOwner(), createdAt: run.createdAt }, task))
  }

  ended(end: RunEnd): Promise<void> {
    const { id } = end.task
    const run = this.#living.get(id)?.find(({ ended }) => !ended) ?? this.#begin(id)
    run.ended = true
    const { key, createdAt, startedAt } = run
    const facts = { key, owner: currentOwner(), createdAt, startedAt, endedAt: Date.now() }
    this.#writer.push(upsertRun(facts, end))
    this.#forget(id)
    return this.#ended(this.#writer.flush())
  }

  #begin(id: string): LivingRun {
    const createdAt = Date.now()
    const run = {
      key: this.#newKey(createdAt),
      createdAt,
      startedAt: undefined,
      transitions: 0,
      ended: false,
      closed: false,
    }
    this.#living.set(id, [...(this.#living.get(id) ?? []), run])
    return run
  }

  /** Nothing more will be told of what has ended and is closed, in whatever order. */
  #forget(id: string): void {
    const runs = this.#living.get(id)?.filter(({ ended, closed }) => !ended || !closed) ?? []
    if (runs.length === 0) this.#living.delete(id)
    else this.#living.set(id, runs)
  }

  #move(transition: Transition): void {
    const { id, to, at } = transition
    const run = this.#living.get(id)?.find(({ closed }) => !closed)
    if (run === undefined) return
    if (to === 'running') run.startedAt ??= at
    this.#writer.push(insertTransition(run.key, run.transitions++, transition))
    if (to === 'closed') run.closed = true
    this.#forget(id)
  }
}
