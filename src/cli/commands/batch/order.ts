/** Lets the lines of a batch report in the order in which they were read. */
export class LineOrder {
  readonly #turns = new Map<number, { readonly before: Promise<void>; readonly leave: () => void }>()
  #last: Promise<void> = Promise.resolve()

  /** Call it with each line when it is read. */
  enter(line: number): void {
    const before = this.#last
    let leave = () => {}
    const left = new Promise<void>(resolve => {
      leave = resolve
    })
    // Not before the earlier lines, also where a line leaves without its turn.
    this.#last = before.then(() => left)
    this.#turns.set(line, { before, leave })
  }

  /** Does the work of a line after that of all lines that were read before. Each line must come once. */
  async inTurn(line: number, work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.get(line)
    this.#turns.delete(line)
    await turn?.before
    try {
      await work()
    } finally {
      turn?.leave()
    }
  }
}
