import type { Observable } from 'rxjs'
import { currentOwner } from '../owner.ts'
import type { Transition } from '../result.ts'
import type { RunEnd, RunRecorder } from '../run-log.ts'
import type { ResolvedTask } from '../task.ts'
import { insertRun, insertTransition, upsertRun } from './rows.ts'
import type { Writer } from './writer.ts'

interface LivingRun {
  readonly key: string
  readonly createdAt: number
  startedAt: number | undefined
  transitions: number
}

/** Writes the runs of one executor as they go. */
export class HistoryRecorder implements RunRecorder {
  readonly #writer: Writer
  readonly #newKey: (createdAt: number) => string
  readonly #ended: (written: Promise<void>) => Promise<void>
  /** By the cookie's id, which is unique among those that live. */
  readonly #living = new Map<string, LivingRun>()

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
    const run = this.#living.get(id) ?? this.#begin(id)
    const { key, createdAt, startedAt } = run
    const facts = { key, owner: currentOwner(), createdAt, startedAt, endedAt: Date.now() }
    this.#writer.push(upsertRun(facts, end))
    return this.#ended(this.#writer.flush())
  }

  #begin(id: string): LivingRun {
    const createdAt = Date.now()
    const run = { key: this.#newKey(createdAt), createdAt, startedAt: undefined, transitions: 0 }
    this.#living.set(id, run)
    return run
  }

  #move(transition: Transition): void {
    const { id, to, at } = transition
    const run = this.#living.get(id)
    if (run === undefined) return
    if (to === 'running') run.startedAt ??= at
    this.#writer.push(insertTransition(run.key, run.transitions++, transition))
    if (to === 'closed') this.#living.delete(id)
  }
}
