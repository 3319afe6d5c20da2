import type { Row } from '../../data/model.ts'

/** How many actors are offered. */
const most = 200

/** What an actor is compared with: others of its machine. First those that run the same and ended well, the latest before the others. */
export function candidatesFor({ key, machine, image, command }: Row, rows: Iterable<Row>): Row[] {
  const rank = (row: Row) =>
    (row.image === image && row.command === command ? 2 : 0) +
    (row.status === 'success' || row.status === 'done' ? 1 : 0)
  return [...rows]
    .filter(row => row.machine === machine && row.key !== key)
    .sort((a, b) => rank(b) - rank(a) || b.key - a.key)
    .slice(0, most)
}
