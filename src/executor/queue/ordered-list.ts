/** How many items a chunk holds. An item is added and removed by a move of at most as many pointers. */
const chunkSize = 512

/** A list that keeps its items in order. To add or to remove one of n takes log n comparisons. No two items may compare as equal. */
export class OrderedList<Item> implements Iterable<Item> {
  readonly #compare: (a: Item, b: Item) => number
  /** None is empty. */
  readonly #chunks: Item[][] = []
  #size = 0

  /** @param compare - Less than 0 when `a` is before `b`. */
  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#size
  }

  add(item: Item): void {
    this.#size += 1
    const at = Math.min(this.#chunkOf(item), this.#chunks.length - 1)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([item])
      return
    }
    const index = this.#indexIn(chunk, item)
    if (chunk.length < chunkSize) chunk.splice(index, 0, item)
    // What is added in order fills each chunk.
    else if (index === chunk.length) this.#chunks.splice(at + 1, 0, [item])
    else {
      const rest = chunk.splice(chunkSize / 2)
      this.#chunks.splice(at + 1, 0, rest)
      if (index <= chunk.length) chunk.splice(index, 0, item)
      else rest.splice(index - chunk.length, 0, item)
    }
  }

  /** Returns false when it is not in the list. */
  remove(item: Item): boolean {
    const at = this.#chunkOf(item)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const index = this.#indexIn(chunk, item)
    if (chunk[index] !== item) return false
    // The first is the most usual, and the cheapest by far.
    if (index === 0) chunk.shift()
    else chunk.splice(index, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    this.#size -= 1
    return true
  }

  /** The first item, in order, for which the test returns true. */
  find(test: (item: Item) => boolean): Item | undefined {
    for (const chunk of this.#chunks) {
      for (const item of chunk) if (test(item)) return item
    }
    return undefined
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (const chunk of this.#chunks) yield* chunk
  }

  /** The first chunk whose last item is not before this one. */
  #chunkOf(item: Item): number {
    return firstIndex(this.#chunks.length, index => {
      const last = this.#chunks[index]?.at(-1)
      return last === undefined || this.#compare(last, item) >= 0
    })
  }

  /** The first place in a chunk whose item is not before this one. */
  #indexIn(chunk: readonly Item[], item: Item): number {
    return firstIndex(chunk.length, index => {
      const other = chunk[index]
      return other === undefined || this.#compare(other, item) >= 0
    })
  }
}

/** The first index below `end` that passes a test which every later one passes, too; `end` when none does. */
function firstIndex(end: number, test: (index: number) => boolean): number {
  let [low, high] = [0, end]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(middle)) high = middle
    else low = middle + 1
  }
  return low
}
