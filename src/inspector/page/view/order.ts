import { endOf, isLiving } from '../data/lifetime.ts'
import type { Row } from '../data/model.ts'

/** The rows in the table's usual order. */
export interface Arranged {
  readonly rows: readonly Row[]
  /** How many of the last rows are queued runs. */
  readonly queued: number
  /** Keys of rows that follow the row that they belong to. */
  readonly members: ReadonlySet<number>
}

/** True for a run that waits for its turn. */
const isQueued = (row: Row): boolean => row.machine === 'cookie' && row.state === 'created' && isLiving(row)

/**
 * The usual order: what is under way, the latest first; what has ended, the latest end first; and the queue, the oldest first. An actor's children and
 * members follow it.
 */
export function arranged(found: readonly Row[]): Arranged {
  const families = familiesOf(found)
  const roots = found.filter(row => !families.isMember(row))
  const queue = roots.filter(row => isQueued(row) && !families.has(row))
  const queued = new Set(queue)
  const living = roots.filter(row => !queued.has(row) && isLiving(row))
  const ended = roots.filter(row => !isLiving(row)).map(row => ({ row, end: endOf(row) ?? 0 }))
  living.sort((a, b) => b.key - a.key)
  ended.sort((a, b) => b.end - a.end || b.row.key - a.row.key)
  queue.sort((a, b) => a.key - b.key)
  const members = new Set<number>()
  const rows: Row[] = []
  const add = (row: Row) => {
    rows.push(row)
    for (const member of families.of(row)) {
      members.add(member.key)
      add(member)
    }
  }
  for (const row of living) add(row)
  for (const { row } of ended) add(row)
  for (const row of queue) add(row)
  return { rows, queued: queue.length, members }
}

/** Which rows belong to which, among those that were found. */
function familiesOf(found: readonly Row[]) {
  const byKey = new Map(found.map(row => [row.key, row]))
  const headOf = new Map<number, number>()
  for (const { key, parent, members = [] } of found) {
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
