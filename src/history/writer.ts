import type { Statement, Store } from './store.ts'

/** How many statements in a row may fail before the rest of them is given up. */
const patience = 3

/** How long what nobody waits for may lie before it is written, in ms. */
const leisure = 100

/**
 * Writes together what comes together: making it durable costs the same for one statement as for a hundred. What somebody waits for is written at
 * the end of the turn of the event loop, with all that came before it. What cannot be written is told.
 */
export class Writer {
  readonly #store: Store
  readonly #failed: (error: unknown) => void
  #waiting: Statement[] = []
  /** The write that what comes now will be part of. */
  #next: Promise<void> | undefined
  #hurry: () => void = () => {}
  #last: Promise<void> = Promise.resolve()

  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store
    this.#failed = failed
  }

  /** Statements are written in the order that they came in. */
  push(statement: Statement): void {
    this.#waiting.push(statement)
    this.#next ??= this.#after(this.#last)
  }

  /** Resolves when all that came until now is written, or told. */
  flush(): Promise<void> {
    this.#hurry()
    return this.#next ?? this.#last
  }

  async #after(last: Promise<void>): Promise<void> {
    const due = new Promise<void>(resolve => {
      const timer = setTimeout(resolve, leisure)
      this.#hurry = () => {
        clearTimeout(timer)
        setImmediate(resolve)
        this.#hurry = () => {}
      }
    })
    await Promise.all([last, due])
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
    const [first, then] = [statements.filter(({ matters }) => matters), statements.filter(({ matters }) => !matters)]
    for (const statement of [...first, ...then]) {
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
