import { useEffect, useState } from 'preact/hooks'
import type { Sort } from './filter.ts'
import { Session } from './session.ts'

/** What the user has chosen to see. */
export interface View {
  readonly tab: 'table' | 'timeline'
  readonly filter: string
  readonly sort: Sort
  /** The number of the step that is looked at; undefined follows live. */
  readonly cursor: number | undefined
  readonly help: boolean
  /** The statechart with every label, at its full size; else as it fits. */
  readonly allLabels: boolean
}

let view: View = {
  tab: 'table',
  filter: '',
  sort: { by: 'key', down: true },
  cursor: undefined,
  help: false,
  allLabels: false,
}
const listeners = new Set<() => void>()
let drawing = false

/** Draws with the next frame; a hidden page draws nothing. */
function redraw(): void {
  if (drawing) return
  drawing = true
  requestAnimationFrame(() => {
    drawing = false
    for (const listener of listeners) listener()
  })
}

/** The one session of the page. */
export const session = new Session(redraw)

export function show(change: Partial<View>): void {
  view = { ...view, ...change }
  redraw()
}

export const currentView = (): View => view

/** Selects an actor, and follows it live. */
export function select(key: number | undefined): void {
  view = { ...view, cursor: undefined }
  session.select(key)
  redraw()
}

/** Draws the component anew whenever the view or the session changes, and once a second, since ages grow. */
export function useView(): View {
  const [, setVersion] = useState(0)
  useEffect(() => {
    const listener = () => setVersion(version => version + 1)
    listeners.add(listener)
    const timer = setInterval(redraw, 1_000)
    return () => {
      listeners.delete(listener)
      clearInterval(timer)
    }
  }, [])
  return view
}

/** Moves the cursor over the selected actor's past by so many steps; past the end it follows live. */
export function stepBy(by: number): void {
  const { log } = session.history
  const [first] = log
  const last = log.at(-1)
  if (first === undefined || last === undefined) return
  const next = (view.cursor ?? last.n) + by
  show({ cursor: next >= last.n ? undefined : Math.max(first.n - 1, next) })
}

/** The time now: that of the recording, or that of the last message while paused. */
export const nowOf = (): number =>
  session.player?.at ??
  (session.paused || session.link !== 'live' ? session.model.now : Math.max(session.model.now, Date.now()))
