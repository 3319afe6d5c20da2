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

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/**
 * Runs the contenders in turn, so that a change of the machine's speed affects all of them. Prints the median of each and
 * its ratio to the last one.
 */
export async function compare(title: string, contenders: readonly Contender[], rounds: number): Promise<void> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, before, run, after } of contenders) {
      await before?.()
      const start = performance.now()
      await run()
      const took = performance.now() - start
      await after?.()
      // The first round is a warm-up.
      if (round >= 0) times.get(name)?.push(took)
    }
  }
  const peer = median(times.get(contenders.at(-1)?.name ?? '') ?? [])
  console.log(`\n${title} (${rounds} rounds)`)
  for (const [name, values] of times) {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const figures = [median(values), low, high].map(value => value.toFixed(2).padStart(9))
    console.log(
      `  ${name.padEnd(44)} ${figures[0]} ms  [${figures[1]} – ${figures[2]}]  × ${(median(values) / peer).toFixed(2)}`,
    )
  }
}
