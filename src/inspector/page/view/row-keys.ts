import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Row } from '../data/model.ts'
import { type Acts, addKeys } from './keys.ts'
import { select, session } from './view.ts'

/** The keys of what is shown; they are asked for with each key, as of the latest drawing. */
export function useKeys(acts: () => Acts): void {
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => addKeys(() => latest.current()), [])
}

interface List {
  readonly rows: readonly Row[]
  /** The height of a row, and of what stands above the first, in px. */
  readonly rowHeight: number
  readonly above?: number
  /** What scrolls. */
  readonly box: HTMLElement | null
}

/** The keys that choose a row of a list after the other. */
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
  }
}

/** Brings the row that is chosen into view when another one is, by whatever. */
export function useReveal({
  rows,
  rowHeight,
  above = 0,
  box,
}: Omit<List, 'box'> & { readonly box: RefObject<HTMLElement | null> }) {
  const { selected } = session
  useEffect(() => {
    const at = rows.findIndex(({ key }) => key === selected)
    const { current } = box
    if (at === -1 || current === null) return
    if (at * rowHeight < current.scrollTop) current.scrollTop = at * rowHeight
    else current.scrollTop = Math.max(current.scrollTop, above + (at + 1) * rowHeight - current.clientHeight)
  }, [selected])
}
