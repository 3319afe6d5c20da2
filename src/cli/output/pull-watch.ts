import { firstValueFrom, throttleTime } from 'rxjs'
import type { PullProgress } from '../../engines/pull-progress.ts'
import type { Execution } from '../../index.ts'
import type { Colors } from './colors.ts'
import { printableLines } from './printable.ts'
import { pullBars, pullLine } from './pull-bars.ts'
import type { Stdio } from './stdio.ts'

/** ms between two pictures. */
const pace = 100

/** Tells on standard error how the image of one run is made present: by bars on a terminal, by lines elsewhere. */
export async function watchPull({ pull$ }: Execution, stdio: Stdio, colors: Colors): Promise<void> {
  if (!stdio.hasScreen || !stdio.isTerminal.stdout) {
    pull$.subscribe(pullTeller(line => stdio.note(`cookietin: ${line}`)))
    return
  }
  const first = await firstValueFrom(pull$, { defaultValue: undefined })
  if (first === undefined) return
  // Only now: most runs have nothing to show, and it takes hold of process.stdout as soon as it is loaded.
  const { createLogUpdate } = await import('log-update')
  const draw = createLogUpdate(stdio.stderr as NodeJS.WriteStream)
  pull$.pipe(throttleTime(pace, undefined, { leading: true, trailing: true })).subscribe({
    next: progress => {
      if (isUnderWay(progress)) draw(pullBars(progress, colors).join('\n'))
    },
    complete: () => {
      draw.clear()
      draw.done()
    },
  })
}

/** True as long as bars have something to show. */
export const isUnderWay = ({ state }: PullProgress): boolean => state === 'pulling' || state === 'waiting'

/** Tells each change of an image's state once, however many runs wait for it. */
export function pullTeller(tell: (line: string) => void): (progress: PullProgress) => void {
  const told = new Map<string, string>()
  return progress => {
    const change = `${progress.state} ${progress.attempt}`
    if (told.get(progress.image) === change) return
    told.set(progress.image, change)
    const line = pullLine(progress)
    if (line !== undefined) tell(printableLines(line))
  }
}
