/** Prunes after every so many records, one prune at a time. One that is due during another is made after it. */
export class Pruner {
  readonly #every: number
  readonly #prune: () => Promise<unknown>
  readonly #report: (error: Error) => void
  #records = 0
  #isDue = false
  #pruning: Promise<void> | undefined

  /** @param report - Called with the error of each prune that fails. */
  constructor(every: number, prune: () => Promise<unknown>, report: (error: Error) => void) {
    this.#every = every
    this.#prune = prune
    this.#report = report
  }

  /** A record has been added. */
  recorded(): void {
    this.#records += 1
    if (this.#records % this.#every !== 0) return
    this.#isDue = true
    this.#pruning ??= this.#pruneWhileDue()
  }

  /** Resolves when no prune is under way. */
  async idle(): Promise<void> {
    await this.#pruning
  }

  async #pruneWhileDue(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      await this.#prune().catch(this.#report)
    }
    this.#pruning = undefined
  }
}
