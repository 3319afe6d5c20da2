import type { PullProgress } from '../../../engines/pull-progress.ts'
import type { Execution } from '../../../index.ts'
import type { Colors } from '../../output/colors.ts'
import { columns, shorten } from '../../output/columns.ts'
import { formatDuration } from '../../output/format.ts'
import { pullBars } from '../../output/pull-bars.ts'
import { isUnderWay, pullTeller } from '../../output/pull-watch.ts'
import type { Stdio } from '../../output/stdio.ts'
import { describe, hasFailed, paint } from './outcomes.ts'
import type { BatchWatcher, Outcome } from './run.ts'

/** Shows how a batch goes on, on standard error. */
export interface Progress extends BatchWatcher {
  /** Takes the live picture away. */
  stop(): void
}

/** A line for each task that ended, and for each change of an image that is pulled: for files, pipes and logs. */
export function plainProgress(stdio: Stdio, colors: Colors): Progress {
  const tell = pullTeller(line => stdio.note(line))
  return {
    added(_, execution) {
      execution.pull$.subscribe(tell)
    },
    ended: outcome => stdio.note(outcomeLine(outcome, colors)),
    stop() {},
  }
}

const outcomeLine = (outcome: Outcome, colors: Colors) => {
  const { line, id, ms } = outcome
  const { what, why } = describe(outcome)
  return columns([
    [`line ${line}`, id, paint(outcome, colors, what), formatDuration(ms), why].filter(cell => cell !== ''),
  ]).join('')
}

/** How many running tasks the picture has room for. */
const rows = 12

/** A picture of what runs, drawn again and again: for a terminal. */
export async function liveProgress(stdio: Stdio, colors: Colors): Promise<Progress> {
  // It takes hold of process.stdout as soon as it is loaded, which only a terminal's process.stdout may suffer.
  const { createLogUpdate } = await import('log-update')
  const draw = createLogUpdate(stdio.stderr as NodeJS.WriteStream)
  const running = new Map<Execution, { line: number; since: number }>()
  const pulls = new Map<string, PullProgress>()
  const counts = { ended: 0, failed: 0 }

  const picture = () => {
    const active = [...running].filter(([{ state }]) => state !== 'created')
    const shown = active
      .slice(0, rows)
      .map(([{ id, state }, { line, since }]) => [
        colors.dim(`line ${line}`),
        shorten(id, 32),
        colors.cyan(state),
        colors.dim(formatDuration(performance.now() - since)),
      ])
    const waiting = running.size - active.length
    const failed = counts.failed > 0 ? colors.red(`${counts.failed} failed`) : '0 failed'
    const totals = `${counts.ended} ended, ${failed}, ${active.length} under way, ${waiting} waiting`
    const bars = [...pulls.values()].flatMap(progress => pullBars(progress, colors))
    return [...bars, ...columns(shown), totals].join('\n')
  }
  const timer = setInterval(() => draw(picture()), 100)

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
      const gone = () => void running.delete(execution)
      execution.then(gone, gone)
    },
    ended(outcome) {
      counts.ended++
      if (!hasFailed(outcome)) return
      counts.failed++
      // What failed stays to be read above the picture.
      draw.clear()
      stdio.note(outcomeLine(outcome, colors))
      draw(picture())
    },
    stop() {
      clearInterval(timer)
      draw.clear()
      draw.done()
    },
  }
}
