import { familyOf } from './families.ts'
import { nowOf, session, show } from './view.ts'

/** In an order that stays, so that nothing jumps about while the counts grow. */
const order = ['success', 'error', 'timeout', 'killed', 'cancelled', 'failed']
const rankOf = (status: string) => (order.includes(status) ? order.indexOf(status) : order.length)

/** How many are where, now and in all; a click filters by it. */
export function TotalsBar({ filter }: { readonly filter: string }) {
  const { totals } = session.model
  const rate = session.model.rate(nowOf())
  // A hot container is a cookie and a slot; it counts once.
  const counted = totals.states.cookie === undefined ? Object.values(totals.states) : [totals.states.cookie]
  const inState = (...wanted: readonly string[]) =>
    counted.reduce((sum, states) => sum + wanted.reduce((part, state) => part + (states[state] ?? 0), 0), 0)
  const living: readonly (readonly [label: string, count: number, filter: string])[] = [
    ['queued', inState('created'), 'state:created machine:cookie'],
    ['running', inState('running'), 'state:running machine:cookie'],
    ['frozen', inState('frozen'), 'state:frozen machine:cookie'],
  ]
  const chip = (label: string, count: number, wanted: string) => (
    <button
      key={label}
      type="button"
      class={`chip f-${familyOf(label)}`}
      aria-pressed={filter === wanted}
      onClick={() => show({ filter: filter === wanted ? '' : wanted })}
    >
      <b>{count.toLocaleString('en')}</b> {label}
    </button>
  )
  return (
    <section class="totals" aria-label="Totals">
      {living.map(([label, count, wanted]) => chip(label, count, wanted))}
      <span class="divider" aria-hidden="true" />
      {Object.entries(totals.statuses)
        .toSorted(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
        .map(([status, count]) => chip(status, count, `status:${status}`))}
      <span class="rate">
        <b>{rate < 10 ? rate.toFixed(1) : Math.round(rate)}</b> ended/s
      </span>
    </section>
  )
}
