import type { Row } from './model.ts'

/** A column that the table can be sorted by. */
export type SortKey = 'id' | 'state' | 'image' | 'age' | 'cpu' | 'mem' | 'key'

export interface Sort {
  readonly by: SortKey
  readonly down: boolean
}

/**
 * What a text in the filter means: words that must all be found in the id, image, state, status or command, and `state:`, `status:`, `image:`, `machine:` or `id:` for one field
 * alone; the first and the fourth take several, as `state:running,frozen`. A `-` before a word turns it round.
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
  const [, field, wanted = ''] = /^(state|status|image|machine|id):(.*)$/.exec(word) ?? []
  switch (field) {
    case 'state':
    case 'machine':
      return row => wanted === '' || wanted.split(',').includes(row[field].toLowerCase())
    case 'status':
    case 'image':
    case 'id':
      return row => (row[field] ?? '').toLowerCase().includes(wanted)
    default:
      return row =>
        [row.id, row.image, row.state, row.status, row.command].some(text => text?.toLowerCase().includes(word))
  }
}

const compare: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  key: (a, b) => a.key - b.key,
  id: (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  state: (a, b) => (a.state < b.state ? -1 : a.state > b.state ? 1 : 0),
  image: (a, b) => ((a.image ?? '') < (b.image ?? '') ? -1 : (a.image ?? '') > (b.image ?? '') ? 1 : 0),
  age: (a, b) => b.created - a.created,
  cpu: (a, b) => (a.cpu ?? -1) - (b.cpu ?? -1),
  mem: (a, b) => (a.mem ?? -1) - (b.mem ?? -1),
}

/** The rows to show, in order; rows that are equal stay in the order in which they came. */
export function visibleRows(rows: Iterable<Row>, filter: string, { by, down }: Sort): Row[] {
  const test = filterOf(filter)
  const found = [...rows].filter(test)
  const order = compare[by]
  return found.sort((a, b) => (down ? order(b, a) : order(a, b)) || (down ? b.key - a.key : a.key - b.key))
}
