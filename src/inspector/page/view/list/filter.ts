import { lengthOf } from '../../data/lifetime.ts'
import type { Row } from '../../data/model.ts'
import { shownState } from '../../data/state-kinds.ts'

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

/** A key of a filter, and the texts of a row that it searches. */
interface Field {
  readonly of: (row: Row) => readonly (string | undefined)[]
  /** A value must be the whole text, not only a part of it. */
  readonly whole?: true
}

const fields: Readonly<Record<string, Field>> = {
  state: { of: row => [row.state, shownState(row)], whole: true },
  status: { of: row => [row.status] },
  image: { of: row => [row.image] },
  machine: { of: row => [row.machine], whole: true },
  label: { of: row => row.labels ?? [] },
  command: { of: row => [row.command] },
  id: { of: row => [row.id] },
}

/** The keys of a filter. */
export const filterKeys: readonly string[] = Object.keys(fields)

/** The words of a filter, in lower case. A quoted part may hold spaces. */
export const wordsOf = (text: string): string[] =>
  [...text.toLowerCase().matchAll(/(?:"[^"]*"?|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ''))

/** A word of a filter, as `-state:running,frozen`. */
export interface Term {
  readonly negated: boolean
  /** One of {@link filterKeys}; undefined for a word that is searched everywhere. */
  readonly key: string | undefined
  /** One of these has to be found. Empty: all are. */
  readonly values: readonly string[]
}

export function termOf(word: string): Term {
  const negated = word.startsWith('-') && word.length > 1
  const plain = negated ? word.slice(1) : word
  const [key = '', ...rest] = plain.split(':')
  if (!Object.hasOwn(fields, key) || rest.length === 0) return { negated, key: undefined, values: [plain] }
  return { negated, key, values: rest.join(':').split(',').filter(Boolean) }
}

/**
 * The test of a filter's text. Every word must be found in the id, image, machine, state, status, command or labels. A word with a key, as
 * `state:`, searches one field; each takes several values, as `image:python,node`. A `-` before a word negates it.
 */
export function filterOf(text: string): (row: Row) => boolean {
  const tests = wordsOf(text).map(testOf)
  return row => tests.every(test => test(row))
}

/** The test of one word. */
export function testOf(word: string): (row: Row) => boolean {
  const { negated, key, values } = termOf(word)
  const field = key === undefined ? undefined : fields[key]
  const find = field === undefined ? isAnywhere(values) : isIn(field, values)
  return negated ? row => !find(row) : find
}

const isIn =
  ({ of, whole }: Field, values: readonly string[]) =>
  (row: Row) =>
    values.length === 0 ||
    of(row).some(text => {
      const lower = text?.toLowerCase()
      return lower !== undefined && values.some(value => (whole ? lower === value : lower.includes(value)))
    })

const isAnywhere =
  ([value = '']: readonly string[]) =>
  (row: Row) =>
    Object.values(fields).some(({ of }) => of(row).some(text => text?.toLowerCase().includes(value)))

/** What a key of a filter can find among rows, most frequent first. */
export function valuesOf(rows: Iterable<Row>, key: string, most: number): string[] {
  const counts = new Map<string, number>()
  for (const row of rows)
    for (const text of fields[key]?.of(row) ?? []) if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([text]) => text)
}

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
  const matching = filter.trim() === '' ? [...rows] : [...rows].filter(test)
  // They are told in the order of their keys.
  if (by === 'usual') return matching
  const found = matching.map(row => ({ row, value: wayOf(row) }))
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
