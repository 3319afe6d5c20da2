import { useEffect } from 'preact/hooks'
import type { Totals } from '../protocol.ts'
import { prepareCharts } from './chart/use-chart.ts'
import type { Row } from './data/model.ts'
import { Details } from './panels/details/details.tsx'
import { Header } from './panels/header.tsx'
import { Help } from './panels/help.tsx'
import { Nothing, Notice } from './panels/notices.tsx'
import { PlayerBar } from './panels/player-bar.tsx'
import { SearchPanel } from './panels/search.tsx'
import { Table } from './panels/table.tsx'
import { Timeline } from './panels/timeline.tsx'
import { TotalsBar } from './panels/totals.tsx'
import { Trends } from './panels/trends.tsx'
import { isFailure } from './view/list/failures.ts'
import { filterKeys, valuesOf } from './view/list/filter.ts'
import { listOf } from './view/list/list.ts'
import { nextFailure } from './view/list/row-keys.ts'
import { nowOf, session, show, useView } from './view/view.ts'

const tabs = [
  ['table', 'Table'],
  ['timeline', 'Timeline'],
] as const

/** The page. */
export function App() {
  const view = useView()
  const { tab, filter, search, sort, help } = view
  const { model, player, link } = session
  const { machines } = model
  // Laid out while the page is idle, so that the first chosen actor shows its machine at once.
  useEffect(() => {
    const later = requestIdleCallback(() => void prepareCharts(Object.values(machines)))
    return () => cancelIdleCallback(later)
  }, [machines])
  const { rows, found, queue, depths } = listOf(model, view, player !== undefined, nowOf())
  const selected = session.row
  return (
    <div
      class={`app${selected === undefined ? '' : ' with-details'}${link === 'lost' && !session.paused ? ' stale' : ''}`}
    >
      <Header />
      <TotalsBar filter={filter} />
      <Notice />
      {found > 0 && <Trends filter={filter} />}
      <main>
        <div class="list">
          <div class="bar">
            <div class="tabs" role="group" aria-label="View">
              {tabs.map(([key, title]) => (
                <button
                  key={key}
                  type="button"
                  class="tab"
                  aria-pressed={search === undefined && tab === key}
                  onClick={() => show({ tab: key, search: undefined })}
                >
                  {title}
                </button>
              ))}
            </div>
            {search === undefined ? (
              <FilterBar filter={filter} rows={rows} found={found} />
            ) : (
              <SearchField text={search} />
            )}
          </div>
          {search !== undefined ? (
            <SearchPanel text={search} />
          ) : found === 0 ? (
            <Nothing filter={filter} />
          ) : tab === 'table' ? (
            <Table rows={rows} sort={sort} queue={queue} depths={depths} />
          ) : (
            <Timeline rows={rows} />
          )}
        </div>
        {selected !== undefined && <Details row={selected} view={view} />}
      </main>
      {player !== undefined && <PlayerBar player={player} />}
      {help && <Help />}
    </div>
  )
}

interface FilterBarProps {
  readonly filter: string
  readonly rows: readonly Row[]
  /** How many actors the filter finds. */
  readonly found: number
}

/** The filter of the list, and what it finds. */
function FilterBar({ filter, rows, found }: FilterBarProps) {
  const { model } = session
  return (
    <>
      <input
        id="filter"
        type="search"
        placeholder="Filter: words, state:frozen, image:…"
        aria-label="Filter"
        list="filters"
        value={filter}
        onInput={event => show({ filter: event.currentTarget.value })}
      />
      <FilterList filter={filter} />
      {hasFailures(model.totals) && (
        <button
          type="button"
          class="button failures"
          onClick={() => nextFailure(rows, 1)}
          title="f, and F for the one before"
        >
          Next failure
        </button>
      )}
      <output class="count">
        {found === model.actors.size ? '' : `${found.toLocaleString('en')} of `}
        {model.actors.size.toLocaleString('en')} {model.actors.size === 1 ? 'actor' : 'actors'}
      </output>
    </>
  )
}

/** The field of the search over all actors. */
function SearchField({ text }: { readonly text: string }) {
  return (
    <input
      id="search"
      type="search"
      placeholder="Search events, their data and contexts"
      aria-label="Search in all actors"
      value={text}
      onInput={event => show({ search: event.currentTarget.value })}
    />
  )
}

/** What the last word of the filter can become: its key's values, else the keys. */
function FilterList({ filter }: { readonly filter: string }) {
  const [, before = '', key] = /^(.*?\s)?-?(\w+):[^\s:]*$/.exec(filter) ?? []
  const isKey = key !== undefined && filterKeys.includes(key)
  const ends = isKey
    ? valuesOf(session.model.actors.values(), key, 20).map(value => `${key}:${quoted(value)}`)
    : filterKeys.map(name => `${name}:`)
  return (
    <datalist id="filters">
      {(isKey || filter === '' ? ends : []).map(end => (
        <option key={end} value={`${before}${end}`} />
      ))}
    </datalist>
  )
}

const hasFailures = ({ statuses }: Totals) => Object.keys(statuses).some(status => isFailure({ status }))

const quoted = (value: string) => (/\s/.test(value) ? `"${value}"` : value)
