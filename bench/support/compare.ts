import { type Table, type TableOptions, tableOf } from './table.ts'

/** One way of doing the work. */
export interface Contender {
  readonly name: string
  /** Runs before each measurement. */
  readonly before?: () => unknown
  /** The measured work. */
  readonly run: () => Promise<unknown>
  /** Runs after each measurement. */
  readonly after?: () => unknown
}

/** The options of {@link compare}. */
export interface CompareOptions extends Partial<TableOptions> {
  readonly rounds: number
  /**
   * How many rounds before the first that counts.
   *
   * @default 1
   */
  readonly warmUp?: number
}

/**
 * Measures the time of the contenders, in ms, in turn: a change of the machine's speed affects all of them. The last is the peer that the
 * others are compared with.
 */
export async function compare(
  title: string,
  contenders: readonly Contender[],
  { rounds, warmUp = 1, ...options }: CompareOptions,
): Promise<Table> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const { name, before, run, after } of contenders) {
      await before?.()
      const start = performance.now()
      await run()
      const took = performance.now() - start
      await after?.()
      if (round >= 0) times.get(name)?.push(took)
    }
  }
  return tableOf(title, times, { unit: 'ms', ...options })
}

/** How many rounds: as the environment says, else as many as this. */
export const roundsOr = (usual: number): number => Number(process.env.BENCH_ROUNDS ?? usual)
