/** So many requests for each namespace of the pool are remembered, and this many at least. */
const requestsEach = 4
const fewestRequests = 8

/** By this much more than what is wanted must there be of one kind before a free namespace is replaced, or the pool would never rest. */
const surplus = 0.75

/** How many of a pool's namespaces should have no network, by the tasks of late. Before there are any, it is half of them. */
export class NetworkDemand {
  readonly #size: number
  /** The latest requests, true for a task without a network. */
  readonly #recent: boolean[]

  constructor(size: number) {
    this.#size = size
    const length = Math.max(fewestRequests, requestsEach * size)
    const half = Math.floor(size / 2)
    this.#recent = Array.from({ length: Math.ceil(length / size) * size }, (_, index) => index % size < half)
  }

  record(networkless: boolean): void {
    this.#recent.shift()
    this.#recent.push(networkless)
  }

  /** The kind of a new namespace beside the others, `others` of which have no network. */
  next(others: number): { readonly networkless: boolean } {
    const withNetwork = this.#size - 1 - others
    if (this.#size > 1 && others === 0 && this.#asksFor(true)) return { networkless: true }
    if (this.#size > 1 && withNetwork === 0 && this.#asksFor(false)) return { networkless: false }
    return { networkless: others + 0.5 < this.#wanted }
  }

  /** The kind of which there is one too many, when `networkless` of the namespaces have no network. */
  excess(networkless: number): { readonly networkless: boolean } | undefined {
    const isLast = (count: number, kind: boolean) => this.#size > 1 && count === 1 && this.#asksFor(kind)
    const withNetwork = this.#size - networkless
    if (networkless > this.#wanted + surplus && !isLast(networkless, true)) return { networkless: true }
    if (networkless < this.#wanted - surplus && !isLast(withNetwork, false)) return { networkless: false }
    return undefined
  }

  get #wanted(): number {
    return (this.#size * this.#recent.filter(Boolean).length) / this.#recent.length
  }

  #asksFor(networkless: boolean): boolean {
    return this.#recent.includes(networkless)
  }
}
