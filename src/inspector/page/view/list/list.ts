import type { Model, Row } from '../../data/model.ts'
import { type Sort, visibleRows } from './filter.ts'
import { arranged } from './order.ts'

/** The queued runs, as one line. */
export interface Queue {
  readonly count: number
  readonly open: boolean
}

/** The rows of the list. */
export interface List {
  readonly rows: readonly Row[]
  /** How many actors the filter finds. */
  readonly found: number
  /** The line of the queue; undefined where there is none. */
  readonly queue: Queue | undefined
  /** How deep the rows are that follow the row that they belong to, by their keys. */
  readonly depths: ReadonlyMap<number, number>
}

/** What of the view decides the list. */
interface Wanted {
  readonly tab: 'table' | 'timeline'
  readonly filter: string
  readonly sort: Sort
  /** The queue is unfolded. */
  readonly queue: boolean
}

const flat: ReadonlyMap<number, number> = new Map()

function newList(
  { actors }: Model,
  { tab, filter, sort, queue: open }: Wanted,
  isRecording: boolean,
  now: number,
): List {
  const order = tab === 'timeline' ? ({ by: 'key', down: !isRecording } as const) : sort
  const found = visibleRows(actors.values(), filter, order, now)
  if (order.by !== 'usual') return { rows: found, found: found.length, queue: undefined, depths: flat }
  const { rows, queued: count, depths } = arranged(found)
  // A single one takes no more room than the line. Whoever filters wants to see what is found.
  const queue = count < 2 || filter !== '' ? undefined : { count, open }
  const shown = queue === undefined || open ? rows : rows.slice(0, rows.length - count)
  return { rows: shown, found: found.length, queue, depths }
}

let last: { readonly of: readonly unknown[]; readonly list: List } | undefined

/** The rows of the list. It is made anew only when something that it depends on has changed: there may be ten thousand. */
export function listOf(model: Model, view: Wanted, isRecording: boolean, now: number): List {
  const { tab, filter, sort, queue } = view
  const isSampled = sort.by === 'cpu' || sort.by === 'mem'
  const of = [model, model.version, isSampled && model.samplings, tab, filter, sort, queue]
  if (last === undefined || last.of.some((part, index) => part !== of[index]))
    last = { of, list: newList(model, view, isRecording, now) }
  return last.list
}
