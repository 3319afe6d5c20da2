import type { Totals } from '../../protocol.ts'
import { kindOf, type StateKind } from '../data/state-kinds.ts'

/** A count that is shown, and what finds those that it counts. */
export interface TotalsChip {
  readonly label: string
  readonly count: number
  readonly kind: StateKind
  readonly filter: string
  readonly title?: string
}

/** In an order that stays, so that nothing jumps about while the counts grow. */
const order = ['success', 'error', 'timeout', 'killed', 'cancelled', 'failed']
const rankOf = (status: string) => (order.includes(status) ? order.indexOf(status) : order.length)

type Counts = Readonly<Record<string, number>>
const sumOf = (counts: Counts = {}) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** What is counted: where the cookies are, how they ended, and how many there are of each other machine, whose states are others and whose ends mean less. */
export function groupsOf({ states, statuses, endings }: Totals): readonly (readonly TotalsChip[])[] {
  // Recordings of before there was a count by machine have one for all.
  const ended = endings === undefined ? statuses : (endings.cookie ?? {})
  const machines = [...new Set([...Object.keys(states), ...Object.keys(endings ?? {})])].sort()
  const others = machines.filter(machine => machine !== 'cookie')
  // Where there are no cookies at all, nothing is said of them.
  const living = machines.length > 0 && others.length === machines.length ? [] : livingOf(states.cookie)
  const of = endings === undefined ? '' : ' machine:cookie'
  return [
    living,
    Object.entries(ended)
      .toSorted(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
      .map(([status, count]) => ({ label: status, count, kind: kindOf(status), filter: `status:${status}${of}` })),
    others.map(machine => {
      const [now, before] = [sumOf(states[machine]), sumOf(endings?.[machine])]
      const title = `${now} living, ${before} at their end`
      return { label: machine, count: now + before, kind: 'over', filter: `machine:${machine.toLowerCase()}`, title }
    }),
  ]
}

const livingOf = (cookies: Counts = {}): TotalsChip[] =>
  [
    ['queued', 'created'],
    ['running', 'running'],
    ['frozen', 'frozen'],
  ].map(([label = '', state = '']) => ({
    label,
    count: cookies[state] ?? 0,
    kind: kindOf(state),
    filter: `state:${state} machine:cookie`,
  }))
