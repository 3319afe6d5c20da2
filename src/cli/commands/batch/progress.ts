import type { PullProgress } from '../../../engines/pull-progress.ts'
import type { Execution } from '../../../index.ts'
import type { Colors } from '../../output/colors.ts'
import { columns, shorten } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { printable } from '../../output/printable.ts'
import { bar, pullBars } from '../../output/pull-bars.ts'
import { isUnderWay, pullReporter } from '../../output/pull-watch.ts'
import type { Stdio } from '../../output/stdio.ts'
import { colorOutcome, describe, hasFailed, wasCancelled } from './outcomes.ts'
import type { BatchWatcher, Outcome } from './run.ts'

/** Shows the progress of a batch on standard error. */
export interface Progress extends Pick<BatchWatcher, 'added' | 'ended'> {
  /** Removes the live display. */
  stop(): void
}

/** Prints a line for each task that ends and each change of a pull: for files, pipes and logs. */
export function plainProgress(stdio: Stdio, colors: Colors): Progress {
  const report = pullReporter(line => stdio.note(line))
  return {
    added(_, execution) {
      execution.pull$.subscribe(report)
    },
    ended(outcome) {
      // The table at the end lists the cancelled ones.
      if (!wasCancelled(outcome)) stdio.note(outcomeLine(outcome, colors))
    },
    stop() {},
  }
}

const outcomeLine = (outcome: Outcome, colors: Colors) => {
  const { line, id, ms } = outcome
  const { status, reason } = describe(outcome)
  return columns([
    [`line ${line}`, printable(id), colorOutcome(outcome, colors, status), formatDuration(ms), reason].filter(
      cell => cell !== '',
    ),
  ]).join('')
}

/** The maximum number of running tasks that are shown. */
const maxRows = 12

/** Time between two redraws, in ms. */
const redrawInterval = 100

/** The bar of a batch, with an estimate of the time left by the pace so far. */
export function batchBar(ended: number, total: number, elapsed: number): string {
  const left =
    ended === 0 || ended >= total ? '' : `, about ${formatDuration((elapsed / ended) * (total - ended))} left`
  return `${bar(ended, total)}  ${ended} of ${total}${left}`
}

/** Draws the running tasks and pulls until it is stopped: for a terminal. */
export async function liveProgress(stdio: Stdio, colors: Colors, total: number | undefined): Promise<Progress> {
  // Loaded late: it patches process.stdout when it is loaded, which is harmless on a terminal only.
  const { createLogUpdate } = await import('log-update')
  const draw = createLogUpdate(stdio.stderr as NodeJS.WriteStream)
  const running = new Map<Execution, { line: number; since: number }>()
  const pulls = new Map<string, PullProgress>()
  const counts = { ended: 0, failed: 0 }
  const began = performance.now()

  const picture = () => {
    const active = [...running].filter(([{ state }]) => state !== 'created')
    const shown = active
      .slice(0, maxRows)
      .map(([{ id, state }, { line, since }]) => [
        colors.dim(`line ${line}`),
        shorten(printable(id), 32),
        colors.cyan(state),
        colors.dim(formatDuration(performance.now() - since)),
      ])
    const waiting = running.size - active.length
    const failed = counts.failed > 0 ? colors.red(`${counts.failed} failed`) : '0 failed'
    const totals = `${counts.ended} ended, ${failed}, ${active.length} under way, ${waiting} waiting`
    const bars = [...pulls.values()].flatMap(progress => pullBars(progress, colors))
    const whole = total === undefined ? [] : [batchBar(counts.ended, total, performance.now() - began)]
    return [...bars, ...columns(shown), ...whole, totals].join('\n')
  }
  stdio.live = { clear: () => draw.clear(), draw: () => draw(picture()) }
  const timer = setInterval(() => draw(picture()), redrawInterval)

  return {
    added(line, execution) {
      const entry = { line, since: performance.now() }
      running.set(execution, entry)
      execution.state$.subscribe(state => {
        if (state === 'preparing') entry.since = performance.now()
      })
      execution.pull$.subscribe(progress => {
        if (isUnderWay(progress)) pulls.set(progress.image, progress)
        else pulls.delete(progress.image)
      })
      const remove = () => void running.delete(execution)
      execution.then(remove, remove)
    },
    ended(outcome) {
      counts.ended++
      // The table at the end lists the cancelled ones; there may be many at once.
      if (!hasFailed(outcome) || wasCancelled(outcome)) return
      counts.failed++
      stdio.note(outcomeLine(outcome, colors))
    },
    stop() {
      clearInterval(timer)
      stdio.live = undefined
      draw.clear()
      draw.done()
    },
  }
}
