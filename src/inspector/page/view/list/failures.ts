import type { Row } from '../../data/model.ts'
import { kindOf } from '../../data/state-kinds.ts'

/** True for an actor that failed: nobody asked for that end. */
export const isFailure = ({ status }: Pick<Row, 'status'>): boolean =>
  status !== undefined && (kindOf(status) === 'bad' || status === 'timeout')

/** The failure that comes `by` after an actor in a list, from its other end on after the last. Undefined without any. */
export function failureAfter(rows: readonly Row[], key: number | undefined, by: 1 | -1): Row | undefined {
  const at = rows.findIndex(row => row.key === key)
  const start = at === -1 && by < 0 ? rows.length : at
  const turned = rows.map((_, index) => rows[(((start + by * (index + 1)) % rows.length) + rows.length) % rows.length])
  return turned.find(row => row !== undefined && isFailure(row))
}
