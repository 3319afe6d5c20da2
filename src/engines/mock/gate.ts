/** Lets through while it is open. */
export class MockGate {
  #waiting: (() => void)[] = []
  #open = true

  close(): void {
    this.#open = false
  }

  open(): void {
    this.#open = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when it is open. */
  async pass(): Promise<void> {
    while (!this.#open) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}
