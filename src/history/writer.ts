import { setImmediate as nextTurn } from 'node:timers/promises'
import { retry } from './stores/retry.ts'
import type { Statement, Store } from './stores/store.ts'

/** After this many failures in a row, the rest of a batch is dropped. */
const maxConsecutiveFailures = 3

/** Delay before writes that nothing awaits are flushed, in ms. */
const idleFlushDelay = 100

/** Statements in one transaction. SQLite runs them in one turn of the event loop. */
const maxTransaction = 500

/** How long a batch waits for a database that is out of reach or locked, in ms. */
const passingTimeout = 60_000

/**
 * Batches statements: a durable write costs the same for one statement as for a hundred. A flush writes the batch at
 * the end of the event loop's turn. Statements that cannot be written are reported.
 */
export class Writer {
  readonly #store: Store
  readonly #onError: (error: unknown) => void
  readonly #delay: number
  readonly #closing = new AbortController()
  #pending: Statement[] = []
  /** The batch that new statements join. */
  #next: Promise<void> | undefined
  #flushNow: () => void = () => {}
  #lastWrite: Promise<void> = Promise.resolve()

  /** @param delay - How long statements that nothing awaits are collected, in ms. */
  constructor(store: Store, onError: (error: unknown) => void, delay = idleFlushDelay) {
    this.#store = store
    this.#onError = onError
    this.#delay = delay
  }

  /** Statements that are not being written yet. */
  get waiting(): number {
    return this.#pending.length
  }

  /** Adds a statement. Statements are written in the order of these calls. */
  push(statement: Statement): void {
    this.#pending.push(statement)
    this.#next ??= this.#writeAfter(this.#lastWrite)
  }

  /** Resolves when every statement added so far is written or reported. */
  flush(): Promise<void> {
    this.#flushNow()
    return this.#next ?? this.#lastWrite
  }

  /** As {@link flush}, but waits no longer for a database that is out of reach. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.flush()
  }

  async #writeAfter(last: Promise<void>): Promise<void> {
    const due = new Promise<void>(resolve => {
      const timer = setTimeout(resolve, this.#delay)
      this.#flushNow = () => {
        clearTimeout(timer)
        setImmediate(resolve)
        this.#flushNow = () => {}
      }
    })
    await Promise.all([last, due])
    const statements = this.#pending
    this.#pending = []
    const write = this.#write(statements)
    this.#lastWrite = write
    this.#next = undefined
    await write
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    for (let at = 0; at < statements.length; at += maxTransaction) {
      if (at > 0) await nextTurn()
      const some = statements.slice(at, at + maxTransaction)
      try {
        await retry(() => this.#store.write(some), {
          isPassing: error => this.#store.isPassing(error),
          timeout: passingTimeout,
          signal: this.#closing.signal,
        })
      } catch (error) {
        const isAlone = statements.length === 1
        if (isAlone || this.#store.isPassing(error)) this.#onError(error)
        else await this.#writeOneByOne(some)
        // The database is out of reach: the rest would wait as long for nothing.
        if (this.#store.isPassing(error)) return
      }
    }
  }

  /** Keeps one bad statement from losing the others. Several failures in a row mean that the database is failing. */
  async #writeOneByOne(statements: readonly Statement[]): Promise<void> {
    let failures = 0
    const rank = ({ isImportant }: Statement) => (isImportant ? 0 : 1)
    for (const statement of statements.toSorted((one, other) => rank(one) - rank(other))) {
      try {
        await this.#store.write([statement])
        failures = 0
      } catch (error) {
        this.#onError(error)
        if (++failures === maxConsecutiveFailures) return
      }
    }
  }
}
