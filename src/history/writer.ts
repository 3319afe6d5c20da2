import type { Statement, Store } from './store.ts'

/** How many statements in a row may fail before the rest of them is given up. */
const patience = 3

/**
 * Writes what comes in one turn of the event loop together: making it durable costs the same for one statement as for a hundred.
 * What cannot be written is told, and nobody waits for it for ever.
 */
export class Writer {
  readonly #store: Store
  readonly #failed: (error: unknown) => void
  #waiting: Statement[] = []
  /** The write that what comes now will be part of. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store
    this.#failed = failed
  }

  /** Resolves when the statement is written, or told. Statements are written in the order that they came in. */
  push(statement: Statement): Promise<void> {
    this.#waiting.push(statement)
    this.#next ??= this.#after(this.#last)
    return this.#next
  }

  /** Resolves when all that came until now is. */
  flush(): Promise<void> {
    return this.#next ?? this.#last
  }

  async #after(last: Promise<void>): Promise<void> {
    await Promise.all([last, new Promise(setImmediate)])
    const statements = this.#waiting
    this.#waiting = []
    const write = this.#write(statements)
    this.#last = write
    this.#next = undefined
    await write
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    try {
      await this.#store.write(statements)
    } catch (error) {
      if (statements.length === 1) this.#failed(error)
      else await this.#writeOneByOne(statements)
    }
  }

  /** One that cannot be written must not take the others with it; where several in a row cannot, it is the database. */
  async #writeOneByOne(statements: readonly Statement[]): Promise<void> {
    let failures = 0
    for (const statement of statements) {
      try {
        await this.#store.write([statement])
        failures = 0
      } catch (error) {
        this.#failed(error)
        if (++failures === patience) return
      }
    }
  }
}
