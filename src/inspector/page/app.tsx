import { useEffect } from 'preact/hooks'
import { prepareCharts } from './chart/use-chart.ts'
import { Details } from './panels/details/details.tsx'
import { Header } from './panels/header.tsx'
import { Help } from './panels/help.tsx'
import { Nothing, Notice } from './panels/notices.tsx'
import { PlayerBar } from './panels/player-bar.tsx'
import { Table } from './panels/table.tsx'
import { Timeline } from './panels/timeline.tsx'
import { TotalsBar } from './panels/totals.tsx'
import { visibleRows } from './view/filter.ts'
import { arranged } from './view/order.ts'
import { nowOf, session, show, useView, type View } from './view/view.ts'

const tabs = [
  ['table', 'Table'],
  ['timeline', 'Timeline'],
] as const

/** The rows of the list, and how many actors the filter finds. */
function listOf({ tab, filter, sort, queue: open }: View) {
  const { model, player } = session
  const order = tab === 'timeline' ? ({ by: 'key', down: player === undefined } as const) : sort
  const found = visibleRows(model.actors.values(), filter, order, nowOf())
  if (order.by !== 'usual') return { rows: found, found: found.length, queue: undefined, members: none }
  const { rows, queued: count, members } = arranged(found)
  // A single one takes no more room than the line. Whoever filters wants to see what is found.
  const queue = count < 2 || filter !== '' ? undefined : { count, open }
  const shown = queue === undefined || open ? rows : rows.slice(0, rows.length - count)
  return { rows: shown, found: found.length, queue, members }
}

const none: ReadonlySet<number> = new Set()

/** The page. */
export function App() {
  const view = useView()
  const { tab, filter, sort, help } = view
  const { model, player, link } = session
  const { machines } = model
  // Laid out while the page is idle, so that the first chosen actor shows its machine at once.
  useEffect(() => {
    const later = requestIdleCallback(() => void prepareCharts(Object.values(machines)))
    return () => cancelIdleCallback(later)
  }, [machines])
  const { rows, found, queue, members } = listOf(view)
  const selected = session.row
  return (
    <div
      class={`app${selected === undefined ? '' : ' with-details'}${link === 'lost' && !session.paused ? ' stale' : ''}`}
    >
      <Header />
      <TotalsBar filter={filter} />
      <Notice />
      <main>
        <div class="list">
          <div class="bar">
            <div class="tabs" role="group" aria-label="View">
              {tabs.map(([key, title]) => (
                <button
                  key={key}
                  type="button"
                  class="tab"
                  aria-pressed={tab === key}
                  onClick={() => show({ tab: key })}
                >
                  {title}
                </button>
              ))}
            </div>
            <input
              id="filter"
              type="search"
              placeholder="Filter: words, state:frozen, image:…"
              aria-label="Filter"
              value={filter}
              onInput={event => show({ filter: event.currentTarget.value })}
            />
            <output class="count">
              {found === model.actors.size ? '' : `${found.toLocaleString('en')} of `}
              {model.actors.size.toLocaleString('en')} {model.actors.size === 1 ? 'actor' : 'actors'}
            </output>
          </div>
          {found === 0 ? (
            <Nothing filter={filter} />
          ) : tab === 'table' ? (
            <Table rows={rows} sort={sort} queue={queue} members={members} />
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
