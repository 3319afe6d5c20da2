import { familyOf } from './families.ts'
import { session, show } from './view.ts'

/** How many are where, now and in all; a click filters by it. */
export function TotalsBar({ filter }: { readonly filter: string }) {
  const { totals, rate } = session.model
  const inState = (...wanted: readonly string[]) =>
    Object.values(totals.states).reduce(
      (sum, states) => sum + wanted.reduce((part, state) => part + (states[state] ?? 0), 0),
      0,
    )
  const living: readonly (readonly [label: string, count: number, filter: string])[] = [
    ['queued', inState('created'), 'state:created'],
    ['running', inState('running', 'busy'), 'state:running,busy'],
    ['frozen', inState('frozen'), 'state:frozen'],
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
        .toSorted(([, a], [, b]) => b - a)
        .map(([status, count]) => chip(status, count, `status:${status}`))}
      <span class="rate">
        <b>{rate < 10 ? rate.toFixed(1) : Math.round(rate)}</b> ended/s
      </span>
    </section>
  )
}
