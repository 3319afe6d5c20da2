import { groupsOf } from '../view/totals-groups.ts'
import { session, show } from '../view/view.ts'

/** Counts of actors by state, status and machine. A click on one filters by it. */
export function TotalsBar({ filter }: { readonly filter: string }) {
  const groups = groupsOf(session.model.totals).filter(({ length }) => length > 0)
  return (
    <section class="totals" aria-label="Totals">
      {groups.map(chips => (
        <div key={chips[0]?.filter} class="chips">
          {chips.map(({ label, count, filter: wanted, title, kind }) => (
            <button
              key={label}
              type="button"
              class={`chip kind-${kind}`}
              title={title}
              aria-pressed={filter === wanted}
              onClick={() => show({ filter: filter === wanted ? '' : wanted, search: undefined })}
            >
              <b>{count.toLocaleString('en')}</b> {label}
            </button>
          ))}
        </div>
      ))}
    </section>
  )
}
