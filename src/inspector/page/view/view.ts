import { useEffect, useState } from 'preact/hooks'
import { Session } from '../data/session.ts'
import { type Sort, usualSort } from './list/filter.ts'

/** What the user has chosen to see. */
export interface View {
  readonly tab: 'table' | 'timeline'
  readonly filter: string
  readonly sort: Sort
  /** The number of the shown step; undefined: the latest. */
  readonly cursor: number | undefined
  /** What is shown of the selected actor. */
  readonly pane: 'machine' | 'output' | 'task' | 'log' | 'compare'
  /** The queue is unfolded. */
  readonly queue: boolean
  /** What is searched for in all actors; undefined where the list is shown. */
  readonly search: string | undefined
  readonly help: boolean
}

let view: View = {
  tab: 'table',
  filter: '',
  sort: usualSort,
  cursor: undefined,
  pane: 'machine',
  queue: false,
  search: undefined,
  help: false,
}
const listeners = new Set<() => void>()
let drawing = false

/** Draws with the next frame. A hidden page does not draw. */
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

/**
 * How a choice changes the address: a new history entry, the same entry, or none because the choice came from the
 * address.
 */
export type Choice = 'new' | 'same' | 'restored'
let chosen: (choice: 'new' | 'same') => void = () => {}

/** Calls back whenever a choice changes the address. */
export function onChoice(listener: typeof chosen): void {
  chosen = listener
}

export function show(change: Partial<View>, choice: Choice = 'same'): void {
  const before = view
  view = { ...view, ...change }
  if (choice !== 'restored' && inAddress.some(field => before[field] !== view[field])) chosen('same')
  redraw()
}

/** The fields that the address holds. */
const inAddress = ['tab', 'filter', 'search', 'pane'] as const

export const currentView = (): View => view

/**
 * Selects an actor, and follows its latest step. Actors passed with the arrow keys get no history entry of their own.
 */
export function select(key: number | undefined, passing = false): void {
  view = { ...view, cursor: undefined }
  const before = session.selected
  session.select(key)
  if (before !== session.selected) chosen(passing && before !== undefined ? 'same' : 'new')
  redraw()
}

/** Draws the component anew whenever the view or the session changes, and once a second for the ages. */
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

/** Moves the cursor through the selected actor's past by `by` steps. Past the end it follows the latest step. */
export function stepBy(by: number): void {
  const { log } = session.history
  const [first] = log
  const last = log.at(-1)
  if (first === undefined || last === undefined) return
  const next = (view.cursor ?? last.n) + by
  show({ cursor: next >= last.n ? undefined : Math.max(first.n - 1, next) })
}

/** The shown time, Unix ms: of the recording, of the pause, of the last message after a loss, or of now. */
export const nowOf = (): number =>
  session.player?.at ??
  session.pausedAt ??
  (session.link === 'live' ? Math.max(session.model.now, Date.now()) : session.model.now)
