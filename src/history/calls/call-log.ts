import type { CallRecord, ObservedCall } from '../../functions/call/record.ts'
import { settles } from '../../utils/timing.ts'
import { keyMaker } from '../keys.ts'
import { Pruner } from '../pruner.ts'
import { type PruneLimits, pruneCalls } from '../pruning.ts'
import { historyError, type Store } from '../stores/store.ts'
import { Writer } from '../writer.ts'
import { insertCall } from './statements.ts'

/** How long calls are collected before they are written, in ms. A write waits for the disk, which a warm call must not do often. */
const writeDelay = 1_000
/** So many calls wait for a database that does not take them. */
const mostWaiting = 10_000
/** The log is pruned after this many calls. */
const pruneEvery = 1_000

/** The options of a {@link CallLog}. */
export interface CallLogOptions {
  readonly store: Store
  /** False where the database has no table for calls, and this process may not add it. */
  readonly hasTable: boolean
  readonly report: (error: Error) => void
  readonly limits: () => PruneLimits
}

/** Records the calls of functions. No call waits for it. */
export class CallLog {
  readonly #options: CallLogOptions
  readonly #writer: Writer
  readonly #newKey = keyMaker()
  readonly #pruner: Pruner
  #isFull = false

  constructor(options: CallLogOptions) {
    const { store, report, limits } = options
    this.#options = options
    const prune = async () => {
      await settles(this.flush(), writeDelay)
      await pruneCalls(store, limits())
    }
    this.#pruner = new Pruner(pruneEvery, prune, error => report(historyError('prune', store.name, error)))
    this.#writer = new Writer(store, error => report(historyError('write to', store.name, error)), writeDelay)
  }

  /** A call has ended. */
  record(call: ObservedCall, record: CallRecord): void {
    if (!this.#hasRoom()) return
    this.#writer.push(insertCall(this.#newKey(record.startedAt), call, record))
    this.#pruner.recorded()
  }

  /** Resolves when every call so far is stored, or its error is reported. */
  flush(): Promise<void> {
    return this.#writer.flush()
  }

  async close(): Promise<void> {
    await this.#writer.close()
    await this.#pruner.idle()
  }

  /** What is lost is told once, until there is room again. */
  #hasRoom(): boolean {
    const { store, hasTable, report } = this.#options
    const hasRoom = hasTable && this.#writer.waiting < mostWaiting
    const why = hasTable
      ? `it does not take them, and ${mostWaiting} wait already`
      : 'it has no table for them, and may not make it'
    if (!hasRoom && !this.#isFull) report(historyError('write calls to', store.name, why))
    this.#isFull = !hasRoom
    return hasRoom
  }
}
