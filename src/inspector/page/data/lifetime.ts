import type { ActorInfo } from '../../protocol.ts'
import { isEnd } from './state-kinds.ts'

/** What of an actor tells how long it has lived. */
interface Life extends Pick<ActorInfo, 'created' | 'changed' | 'path'> {
  readonly status?: string | undefined
  readonly over?: boolean
}

/** True until an actor's end is decided. */
export const isLiving = ({ status, over }: Pick<Life, 'status' | 'over'>): boolean => status === undefined && !over

/** When an actor's end was decided, which is before its removal. Undefined for a living one. */
export function endOf(row: Life): number | undefined {
  if (isLiving(row)) return undefined
  return row.path.find(([, state]) => isEnd(state))?.[0] ?? row.changed
}

/** How long an actor has lived, up to its end or to now, in ms. */
export const lengthOf = (row: Life, now: number): number => (endOf(row) ?? now) - row.created
