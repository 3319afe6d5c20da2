/** Tells those who wait that something has changed; they look for themselves whether it is what they wait for. */
export class Changes {
  readonly #waiting: (() => void)[] = []

  next(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
