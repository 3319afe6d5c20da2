import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Row } from '../../data/model.ts'
import { type Acts, addKeys } from '../keys.ts'
import { select, session } from '../view.ts'
import { failureAfter } from './failures.ts'

/** Adds a component's keys while it is shown. `acts` is the one of the latest drawing. */
export function useKeys(acts: () => Acts): void {
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => addKeys(() => latest.current()), [])
}

interface List {
  readonly rows: readonly Row[]
  /** The height of a row, and of the header above the first one, in px. */
  readonly rowHeight: number
  readonly above?: number
  /** The index of the first row that is one row lower, because a line is before it. */
  readonly gapAt?: number | undefined
  /** The element that scrolls. */
  readonly box: HTMLElement | null
}

/** The keys that move the selection in a list. */
export function rowKeys({ rows, rowHeight, above = 0, box }: List): Acts {
  if (rows.length === 0) return {}
  const page = Math.max(1, Math.floor(((box?.clientHeight ?? 0) - above) / rowHeight) - 1)
  const move = (by: number) => () => {
    const at = rows.findIndex(({ key }) => key === session.selected)
    const to = Math.min(rows.length - 1, Math.max(0, at === -1 && by > 0 ? 0 : at + by))
    select(rows[to]?.key, true)
  }
  return {
    ArrowDown: move(1),
    ArrowUp: move(-1),
    PageDown: move(page),
    PageUp: move(-page),
    Home: move(-Infinity),
    End: move(Infinity),
    f: () => nextFailure(rows, 1),
    F: () => nextFailure(rows, -1),
  }
}

/** Selects the next failure of a list, or the one before. */
export function nextFailure(rows: readonly Row[], by: 1 | -1): void {
  const failure = failureAfter(rows, session.selected, by)
  if (failure !== undefined) select(failure.key, true)
}

/** Scrolls the selected row into view when the selection changes. */
export function useReveal({
  rows,
  rowHeight,
  above = 0,
  gapAt = Infinity,
  box,
}: Omit<List, 'box'> & { readonly box: RefObject<HTMLElement | null> }) {
  const { selected } = session
  useEffect(() => {
    const index = rows.findIndex(({ key }) => key === selected)
    const { current } = box
    if (index === -1 || current === null) return
    const at = index >= gapAt ? index + 1 : index
    if (at * rowHeight < current.scrollTop) current.scrollTop = at * rowHeight
    else current.scrollTop = Math.max(current.scrollTop, above + (at + 1) * rowHeight - current.clientHeight)
  }, [selected])
}
