import { throttleTime } from 'rxjs'
import type { PullProgress } from '../../engines/pull-progress.ts'
import type { Execution } from '../../index.ts'
import type { Colors } from './colors.ts'
import { printableLines } from './printable.ts'
import { pullBars, pullLine } from './pull-bars.ts'
import type { Stdio } from './stdio.ts'

/** Time between two redraws, in ms. */
const redrawInterval = 100

/** Shows the pull of a run's image on standard error from its `first` progress on: as bars on a terminal, otherwise as lines. */
export async function watchPull(
  { pull$ }: Execution,
  first: PullProgress,
  stdio: Stdio,
  colors: Colors,
): Promise<void> {
  if (!stdio.hasScreen || !stdio.isTerminal.stdout) {
    const report = pullReporter(line => stdio.note(`cookietin: ${line}`))
    report(first)
    pull$.subscribe(report)
    return
  }
  // It patches process.stdout when it is loaded.
  const { createLogUpdate } = await import('log-update')
  const draw = createLogUpdate(stdio.stderr as NodeJS.WriteStream)
  let latest = first
  stdio.live = { clear: () => draw.clear(), draw: () => draw(pullBars(latest, colors).join('\n')) }
  pull$.pipe(throttleTime(redrawInterval, undefined, { leading: true, trailing: true })).subscribe({
    next: progress => {
      latest = progress
      if (isUnderWay(progress)) stdio.live?.draw()
    },
    complete: () => {
      stdio.live = undefined
      draw.clear()
      draw.done()
    },
  })
}

/** True while a pull has bars to show. */
export const isUnderWay = ({ state }: PullProgress): boolean => state === 'pulling' || state === 'waiting'

/** Reports each change of an image's state once, for any number of runs that wait for it. */
export function pullReporter(report: (line: string) => void): (progress: PullProgress) => void {
  const reported = new Map<string, string>()
  return progress => {
    const change = `${progress.state} ${progress.attempt}`
    if (reported.get(progress.image) === change) return
    reported.set(progress.image, change)
    const line = pullLine(progress)
    if (line !== undefined) report(printableLines(line))
  }
}
