/** What one way of doing the work took, over all rounds. */
export interface Row {
  readonly name: string
  readonly median: number
  /** The quartiles: half of the rounds lie between them. */
  readonly low: number
  readonly high: number
  /** How many values these are of. */
  readonly count: number
  /** Of each round's value to that of the peer in the same round; absent where there is no peer, and for the peer itself. */
  readonly ratio?: Spread
}

/** A median with its quartiles. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Ways of doing the same work, measured in the same run. */
export interface Table {
  readonly title: string
  readonly unit: string
  /** Which values are better. */
  readonly better: 'lower' | 'higher'
  readonly rows: readonly Row[]
}

/** A benchmark, as its file exports it: `export default`, and `needs` for what must be there before. */
export interface Benchmark {
  readonly default: () => Promise<readonly Table[]>
  readonly needs?: readonly Need[]
}

/** `engine`: a Docker Engine with the image `busybox`; `page`: the inspector's page; `build`: the package in `dist/`; `redis`: `redis-server`. */
export type Need = 'engine' | 'page' | 'build' | 'redis'

/** The options of {@link tableOf}. */
export interface TableOptions {
  readonly unit: string
  /** @default 'lower' */
  readonly better?: Table['better']
  /**
   * The way that the others are compared with. Null for none.
   *
   * @default the last
   */
  readonly peer?: string | null
}

/** Makes a table of the values of each way. The values of a round have the same index. */
export function tableOf(title: string, values: ReadonlyMap<string, readonly number[]>, options: TableOptions): Table {
  const { unit, better = 'lower', peer = [...values.keys()].at(-1) ?? null } = options
  const theirs = peer === null ? undefined : values.get(peer)
  const rows = [...values].map(([name, own]): Row => {
    const row = { name, ...spreadOf(own), count: own.length }
    if (theirs === undefined || name === peer) return row
    const ratio = spreadOf(ratios(own, theirs))
    // None to a peer that has nothing, such as no container left behind.
    return Number.isFinite(ratio.median) ? { ...row, ratio } : row
  })
  return { title, unit, better, rows }
}

/** Round by round where both have the same rounds; else each to the median of the peer. */
function ratios(own: readonly number[], theirs: readonly number[]): number[] {
  const median = quantile(theirs, 0.5)
  return own.map((value, round) => value / (own.length === theirs.length ? (theirs[round] ?? median) : median))
}

/** The median and the quartiles. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
})

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
