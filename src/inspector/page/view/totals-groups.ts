import type { Totals } from '../../protocol.ts'
import { kindOf, type StateKind } from '../data/state-kinds.ts'

/** A count, and the filter that finds the actors that it counts. */
export interface TotalsChip {
  readonly label: string
  readonly count: number
  readonly kind: StateKind
  readonly filter: string
  readonly title?: string
}

/** A fixed order, so that counts do not change places while they grow. */
const order = ['success', 'error', 'timeout', 'killed', 'cancelled', 'failed', 'evicted', 'expired', 'closed']
const rankOf = (status: string) => (order.includes(status) ? order.indexOf(status) : order.length)

type Counts = Readonly<Record<string, number>>
const sumOf = (counts: Counts = {}) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** The groups of counts: cookies by state, cookies by status, and the actors of each other machine. */
export function groupsOf({ states, statuses, endings }: Totals): readonly (readonly TotalsChip[])[] {
  // Older recordings have one count for all machines.
  const ended = endings === undefined ? statuses : (endings.cookie ?? {})
  const machines = [...new Set([...Object.keys(states), ...Object.keys(endings ?? {})])].sort()
  const others = machines.filter(machine => machine !== 'cookie')
  // Without any cookie, their counts are left out.
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
