import type { Row } from './model.ts'
import { isEnd } from './state-kinds.ts'

/** True until an actor's end is decided. */
export const isLiving = ({ status, over }: Row): boolean => status === undefined && !over

/** When an actor's end was decided, which is before its removal. Undefined for a living one. */
export function endOf(row: Row): number | undefined {
  if (isLiving(row)) return undefined
  return row.path.find(([, state]) => isEnd(state))?.[0] ?? row.changed
}

/** How long an actor has lived, up to its end or to now, in ms. */
export const lengthOf = (row: Row, now: number): number => (endOf(row) ?? now) - row.created
