import { useEffect, useRef, useState } from 'preact/hooks'
import { isLiving, lengthOf } from '../data/lifetime.ts'
import type { Row } from '../data/model.ts'
import { kindOf, shownState } from '../data/state-kinds.ts'
import { age, bytes, clock, duration, percent } from '../view/format.ts'
import { nextSort, type Sort, type SortKey } from '../view/list/filter.ts'
import type { Queue } from '../view/list/list.ts'
import { rowKeys, useKeys, useReveal } from '../view/list/row-keys.ts'
import { nowOf, select, session, show } from '../view/view.ts'

const rowHeight = 34
/** The number of rows drawn above and below the visible ones, so that scrolling shows no gaps. */
const beyond = 8

const columns: readonly { readonly key: SortKey; readonly title: string; readonly class: string }[] = [
  { key: 'state', title: 'State', class: 'c-state' },
  { key: 'id', title: 'Id', class: 'c-id' },
  { key: 'image', title: 'Image', class: 'c-image' },
  { key: 'age', title: 'Age / took', class: 'c-num c-age' },
  { key: 'cpu', title: 'CPU', class: 'c-num' },
  { key: 'mem', title: 'Memory', class: 'c-num c-mem' },
]

interface TableProps {
  readonly rows: readonly Row[]
  readonly sort: Sort
  /** The line of the queue; undefined where there is none. */
  readonly queue: Queue | undefined
  /** How deep the rows are that follow the row that they belong to, by their keys. */
  readonly depths: ReadonlyMap<number, number>
}

/** Every actor, one a row. Only the visible rows are drawn. */
export function Table({ rows, sort, queue, depths }: TableProps) {
  const { box, top, height } = useScroll()
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond)
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + beyond)
  const gapAt = queue === undefined ? Infinity : rows.length - (queue.open ? queue.count : 0)
  const lines = rows.length + (queue === undefined ? 0 : 1)
  const { selected } = session
  const now = nowOf()

  useKeys(() => rowKeys({ rows, rowHeight, box: box.current }))
  useReveal({ rows, rowHeight, gapAt, box })

  return (
    <div class="table" role="grid" aria-label="Actors" aria-rowcount={lines + 1} aria-colcount={columns.length}>
      <div class="thead" role="row">
        {columns.map(({ key, title, class: name }) => (
          <div
            key={key}
            role="columnheader"
            class={name}
            aria-sort={sort.by === key ? (sort.down ? 'descending' : 'ascending') : 'none'}
          >
            <button type="button" onClick={() => show({ sort: nextSort(sort, key) })}>
              {title}
              <span class="sorted" aria-hidden="true">
                {sort.by === key ? (sort.down ? '↓' : '↑') : ''}
              </span>
            </button>
          </div>
        ))}
      </div>
      <div class="tbody" ref={box} tabIndex={0} role="rowgroup" aria-label="Arrow keys choose an actor">
        <div class="sizer" style={{ height: `${lines * rowHeight}px` }} role="presentation">
          {rows.slice(first, last).map((row, index) => (
            <TableRow
              key={row.key}
              row={row}
              index={first + index + (first + index >= gapAt ? 1 : 0)}
              now={now}
              selected={row.key === selected}
              depth={depths.get(row.key) ?? 0}
            />
          ))}
          {queue !== undefined && <QueueLine queue={queue} index={gapAt} />}
        </div>
      </div>
    </div>
  )
}

function QueueLine({ queue: { count, open }, index }: { readonly queue: Queue; readonly index: number }) {
  return (
    <div
      class="queue-line"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
    >
      <div role="gridcell">
        <button type="button" aria-expanded={open} onClick={() => show({ queue: !open })}>
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> {count.toLocaleString('en')} queued
        </button>
      </div>
    </div>
  )
}

interface RowProps {
  readonly row: Row
  readonly index: number
  readonly now: number
  readonly selected: boolean
  readonly depth: number
}

function TableRow({ row, index, now, selected, depth }: RowProps) {
  const state = shownState(row)
  const living = isLiving(row)
  const length = lengthOf(row, now)
  const errorLine = kindOf(state) === 'bad' ? row.errorLine : undefined
  return (
    <div
      class={`row kind-${kindOf(state)}${selected ? ' selected' : ''}${living ? '' : ' past'}${errorLine === undefined ? '' : ' with-error'}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={-1}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
      data-id={row.id}
      onClick={() => select(row.key)}
    >
      <div role="gridcell" class="c-state">
        <span class="badge" title={state}>
          {state}
        </span>
      </div>
      <div role="gridcell" class={`c-id depth-${Math.min(depth, 4)}`} title={row.id}>
        {row.id}
      </div>
      <div role="gridcell" class="c-image" title={[row.image ?? row.machine, row.command].filter(Boolean).join(' ')}>
        {row.image ?? <span class="machine-name">{row.machine}</span>}
        {row.command !== undefined && <span class="command">{row.command}</span>}
      </div>
      <div role="gridcell" class="c-num c-age" title={`${living ? 'since' : 'from'} ${clock(row.created)}`}>
        {living ? age(length) : duration(length)}
      </div>
      <div role="gridcell" class="c-num">
        {living && row.cpu !== undefined ? percent(row.cpu) : '–'}
      </div>
      <div role="gridcell" class="c-num c-mem">
        {living && row.mem !== undefined ? bytes(row.mem) : '–'}
      </div>
      {errorLine !== undefined && (
        <div role="gridcell" class="error-line" title={errorLine}>
          {errorLine}
        </div>
      )}
    </div>
  )
}

/** The scroll position of a box and its height, in px. */
export function useScroll() {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 600 })
  useEffect(() => {
    const { current } = box
    if (current === null) return
    const look = () => setSeen({ top: current.scrollTop, height: current.clientHeight })
    const observer = new ResizeObserver(look)
    observer.observe(current)
    current.addEventListener('scroll', look, { passive: true })
    look()
    return () => {
      observer.disconnect()
      current.removeEventListener('scroll', look)
    }
  }, [])
  return { box, ...seen }
}
