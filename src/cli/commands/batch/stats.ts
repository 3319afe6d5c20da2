import type { Execution } from '../../../index.ts'
import type { Stat } from '../../../stats/stat.ts'
import { type DriverName, samplingHint } from '../../drivers/drivers.ts'
import { colorsFor } from '../../output/colors.ts'
import { statsJson } from '../../output/result-json.ts'
import { plotStats, plotWidth } from '../../output/stats-plot.ts'
import type { Stdio } from '../../output/stdio.ts'
import type { Outcome } from './run.ts'

/** Shows the samples of the runs of a batch. */
export interface BatchStats {
  added(execution: Execution): void
  ended(outcome: Outcome): Promise<void>
  finish(): Promise<void>
}

/** More plots than this nobody reads, and their points would fill the memory. */
const most = 50

/** With `isJson` the results are printed as JSON, which holds the points already. */
export function batchStats(
  stdio: Stdio,
  driver: DriverName,
  form: 'plot' | 'json' | undefined,
  isJson: boolean,
): BatchStats | undefined {
  if (form === undefined) return undefined
  // From the start on: who asks for a plot wants to see that of a short run, too.
  const added = (execution: Execution) => void execution.stats$.subscribe()
  if (form === 'json') {
    return {
      added,
      async ended({ line, id, ended }) {
        if (!isJson && !(ended instanceof Error))
          await stdio.line(JSON.stringify({ line, id, stats: statsJson(ended.stats) }))
      },
      async finish() {},
    }
  }
  const kept: { readonly line: number; readonly id: string; readonly stats: readonly Stat[] }[] = []
  let left = 0
  const print = async (line: string) => (isJson ? stdio.note(line) : await stdio.line(line))
  return {
    added,
    async ended({ line, id, ended }) {
      if (ended instanceof Error) return
      if (kept.length < most) kept.push({ line, id, stats: ended.stats })
      else left++
    },
    async finish() {
      const stream = isJson ? 'stderr' : 'stdout'
      const colors = colorsFor(stdio.isTerminal[stream])
      const style = { width: plotWidth(stdio.columns[stream]), height: 5, colors, hint: samplingHint(driver) }
      for (const { line, id, stats } of kept.sort((one, other) => one.line - other.line)) {
        await print('')
        await print(style.colors.bold(`line ${line}  ${id}`))
        for (const text of await plotStats(stats, style)) await print(text)
      }
      if (left > 0) await print(`\nand ${left} more runs; --stats=json prints the points of all`)
    },
  }
}
