import type { Execution } from '../../../index.ts'
import type { Stat } from '../../../stats/stat.ts'
import { type DriverName, samplingHint } from '../../drivers/drivers.ts'
import { colorsFor } from '../../output/colors.ts'
import { printable, printableJson } from '../../output/printable.ts'
import { statsJson } from '../../output/result-json.ts'
import { plotStats, plotWidth } from '../../output/stats-plot.ts'
import type { Stdio } from '../../output/stdio.ts'
import type { Outcome } from './run.ts'

/** Prints the samples of the runs of a batch. */
export interface BatchStats {
  added(execution: Execution): void
  ended(outcome: Outcome): Promise<void>
  finish(): Promise<void>
}

/** The maximum number of plots: their points are held in memory until the end. */
const maxPlots = 50

/** With `isJson`, the results are printed as JSON with their samples, and the plots go to standard error. */
export function batchStats(
  stdio: Stdio,
  driver: DriverName,
  form: 'plot' | 'json' | undefined,
  isJson: boolean,
): BatchStats | undefined {
  if (form === undefined) return undefined
  // Subscribed from the start, so that a short run has samples, too.
  const added = (execution: Execution) => void execution.stats$.subscribe()
  if (form === 'json') {
    return {
      added,
      async ended({ line, id, ended }) {
        if (!isJson && !(ended instanceof Error))
          await stdio.line(printableJson({ line, id, stats: statsJson(ended.stats) }))
      },
      async finish() {},
    }
  }
  const kept: { readonly line: number; readonly id: string; readonly stats: readonly Stat[] }[] = []
  let omitted = 0
  const print = async (line: string) => (isJson ? stdio.note(line) : await stdio.line(line))
  return {
    added,
    async ended({ line, id, ended }) {
      if (ended instanceof Error) return
      if (kept.length < maxPlots) kept.push({ line, id, stats: ended.stats })
      else omitted++
    },
    async finish() {
      const stream = isJson ? 'stderr' : 'stdout'
      const colors = colorsFor(stdio.isTerminal[stream])
      const style = { width: plotWidth(stdio.columns[stream]), height: 5, colors, hint: await samplingHint(driver) }
      for (const { line, id, stats } of kept.sort((one, other) => one.line - other.line)) {
        await print('')
        await print(style.colors.bold(`line ${line}  ${printable(id)}`))
        for (const text of await plotStats(stats, style)) await print(text)
      }
      if (omitted > 0) await print(`\nand ${omitted} more runs; --stats=json prints the points of all`)
    },
  }
}
