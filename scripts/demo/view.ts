import type { Colors } from '../../src/cli/output/colors.ts'
import { columns } from '../../src/cli/output/columns.ts'
import { formatDuration } from '../../src/cli/output/format.ts'
import type { Execution, Transition } from '../../src/index.ts'

/** A task and its run. */
export interface Row {
  readonly id: string
  readonly shows: string
  readonly execution: Execution
}

/** Shows state changes as they happen. */
export interface View {
  changed(transition: Transition): void
  stop(): void
}

/** Prints a line for each change: for pipes, files and logs. */
export function plainView(write: (line: string) => void): View {
  const start = Date.now()
  return {
    changed: ({ id, from, to, at }) =>
      write(`${formatDuration(Math.max(0, at - start)).padStart(7)}  ${id.padEnd(14)}  ${from} → ${to}`),
    stop() {},
  }
}

/** Redraws a table until it is stopped: for a terminal. */
export async function liveView(rows: readonly Row[], colors: Colors): Promise<View> {
  const { default: draw } = await import('log-update')
  const since = new Map<string, { state: string; at: number; path: string[] }>()
  const paint = painter(colors)
  const row = ({ id, shows }: Row) => {
    const { state, at, path } = since.get(id) ?? { state: 'created', at: 0, path: [] }
    if (state === 'created') return ['', id, colors.dim('waiting'), '', colors.dim(shows)]
    if (state === 'closed') return ['', id, paint(path.at(-1) ?? state), '', colors.dim(shows)]
    return ['', id, paint(state), formatDuration(Date.now() - at), colors.dim(shows)]
  }
  const picture = () => columns([['', 'TASK', 'STATE', 'FOR', 'SHOWS'].map(colors.dim), ...rows.map(row)]).join('\n')
  const timer = setInterval(() => draw(picture()), 80)
  return {
    changed({ id, from, to, at }) {
      const path = since.get(id)?.path ?? []
      if (to === 'closing' && from !== undefined) path.push(from)
      since.set(id, { state: to, at, path })
    },
    stop() {
      clearInterval(timer)
      draw(picture())
      draw.done()
    },
  }
}

/** Returns a function that colors a state. */
export function painter(colors: Colors): (state: string) => string {
  const colour: Readonly<Record<string, (text: string) => string>> = {
    running: colors.cyan,
    frozen: colors.blue,
    done: colors.green,
    success: colors.green,
    timeout: colors.yellow,
    cancelled: colors.yellow,
    killed: colors.magenta,
    failed: colors.red,
    error: colors.red,
  }
  return state => (colour[state] ?? colors.dim)(state)
}
