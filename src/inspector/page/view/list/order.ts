import { endOf, isLiving } from '../../data/lifetime.ts'
import type { Row } from '../../data/model.ts'

/** The rows in the table's usual order. */
export interface Arranged {
  readonly rows: readonly Row[]
  /** How many of the last rows are queued runs. */
  readonly queued: number
  /** How deep the rows are that follow the row that they belong to, by their keys: 1 for those of an outermost row. */
  readonly depths: ReadonlyMap<number, number>
}

/** True for a run that waits for its turn. */
const isQueued = (row: Row): boolean => row.machine === 'cookie' && row.state === 'created' && isLiving(row)

/**
 * The usual order: what is under way, the latest first; what has ended, the latest end first; and the queue, the oldest first. An actor's children and
 * members follow it.
 */
export function arranged(found: readonly Row[]): Arranged {
  const families = familiesOf(found)
  const queue: Row[] = []
  const living: Row[] = []
  const ended: { readonly row: Row; readonly end: number }[] = []
  for (const row of found) {
    if (families.isMember(row)) continue
    if (!isLiving(row)) ended.push({ row, end: endOf(row) ?? 0 })
    else if (isQueued(row) && !families.has(row)) queue.push(row)
    else living.push(row)
  }
  living.sort((a, b) => b.key - a.key)
  ended.sort((a, b) => b.end - a.end || b.row.key - a.row.key)
  queue.sort((a, b) => a.key - b.key)
  const depths = new Map<number, number>()
  const rows: Row[] = []
  const add = (row: Row, depth: number) => {
    rows.push(row)
    for (const member of families.of(row)) {
      depths.set(member.key, depth + 1)
      add(member, depth + 1)
    }
  }
  for (const row of living) add(row, 0)
  for (const { row } of ended) add(row, 0)
  for (const row of queue) rows.push(row)
  return { rows, queued: queue.length, depths }
}

/** Which rows belong to which, among those that were found. */
function familiesOf(found: readonly Row[]) {
  const isAlone = found.every(({ parent, members }) => parent === undefined && members === undefined)
  const byKey = new Map(isAlone ? [] : found.map(row => [row.key, row]))
  const headOf = new Map<number, number>()
  for (const { key, parent, members = [] } of isAlone ? [] : found) {
    if (parent !== undefined && parent < key && byKey.has(parent)) headOf.set(key, headOf.get(key) ?? parent)
    // The keys of heads grow from here on, so no row is below itself, whatever a recording says.
    else for (const member of members) if (byKey.has(member) && member < key) headOf.set(member, key)
  }
  const families = new Map<number, Row[]>()
  for (const [member, head] of headOf) {
    const row = byKey.get(member)
    if (row === undefined) continue
    const family = families.get(head)
    if (family === undefined) families.set(head, [row])
    else family.push(row)
  }
  for (const family of families.values()) family.sort((a, b) => b.key - a.key)
  return {
    has: ({ key }: Row) => families.has(key),
    isMember: ({ key }: Row) => headOf.has(key),
    of: ({ key }: Row): readonly Row[] => families.get(key) ?? [],
  }
}
