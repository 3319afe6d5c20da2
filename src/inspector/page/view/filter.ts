import { lengthOf } from '../data/lifetime.ts'
import type { Row } from '../data/model.ts'
import { shownState } from '../data/state-kinds.ts'

/** A column that the table can be sorted by. */
export type SortKey = 'id' | 'state' | 'image' | 'age' | 'cpu' | 'mem' | 'key' | 'usual'

export interface Sort {
  readonly by: SortKey
  readonly down: boolean
}

/** The order of `arranged`. */
export const usualSort: Sort = { by: 'usual', down: false }

/** The order after a click on a column's title: one direction, the other, and back to the usual order. */
export function nextSort(sort: Sort, by: SortKey): Sort {
  const first = by === 'cpu' || by === 'mem'
  if (sort.by !== by) return { by, down: first }
  return sort.down === first ? { by, down: !first } : usualSort
}

/**
 * The test of a filter's text. Every word must be found in the id, image, machine, state, status, command or labels.
 * `state:`, `status:`, `image:`, `machine:`, `label:` and `id:` search one field. `state:` and `machine:` take several values, as
 * `state:running,frozen`. A `-` before a word negates it.
 */
export function filterOf(text: string): (row: Row) => boolean {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(testOf)
  return row => tests.every(test => test(row))
}

function testOf(word: string): (row: Row) => boolean {
  if (word.startsWith('-') && word.length > 1) {
    const test = testOf(word.slice(1))
    return row => !test(row)
  }
  const [, field, wanted = ''] = /^(state|status|image|machine|label|id):(.*)$/.exec(word) ?? []
  switch (field) {
    case 'state':
      return row => isAmong(wanted, row.state, shownState(row))
    case 'machine':
      return row => isAmong(wanted, row.machine)
    case 'label':
      return row => (row.labels ?? []).some(label => label.toLowerCase().includes(wanted))
    case 'status':
    case 'image':
    case 'id':
      return row => (row[field] ?? '').toLowerCase().includes(wanted)
    default:
      return row =>
        [row.id, row.image, row.machine, row.state, row.status, row.command, ...(row.labels ?? [])].some(text =>
          text?.toLowerCase().includes(word),
        )
  }
}

const isAmong = (wanted: string, ...words: readonly string[]) =>
  wanted === '' || words.some(word => wanted.split(',').includes(word.toLowerCase()))

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The value that a column sorts by: the one that it shows. */
function keyOf(by: SortKey, now: number): (row: Row) => string | number {
  switch (by) {
    case 'id':
      return ({ id }) => id
    case 'state':
      return shownState
    case 'image':
      return ({ image, machine }) => image ?? machine
    case 'age':
      return row => lengthOf(row, now)
    case 'cpu':
      return row => row.cpu ?? -1
    case 'mem':
      return row => row.mem ?? -1
    case 'key':
    case 'usual':
      return ({ key }) => key
  }
}

/** The rows to show, in order. Equal rows stay in the order of their keys. */
export function visibleRows(rows: Iterable<Row>, filter: string, { by, down }: Sort, now: number): Row[] {
  const test = filterOf(filter)
  const wayOf = keyOf(by, now)
  const found = [...rows].filter(test).map(row => ({ row, value: wayOf(row) }))
  const turn = down ? -1 : 1
  found.sort((a, b) => {
    const order =
      typeof a.value === 'number' && typeof b.value === 'number'
        ? a.value - b.value
        : byText(String(a.value), String(b.value))
    return turn * (order || a.row.key - b.row.key)
  })
  return found.map(({ row }) => row)
}
