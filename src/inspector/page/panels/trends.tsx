import { useState } from 'preact/hooks'
import { isEnd, type StateKind } from '../data/state-kinds.ts'
import type { EndsBar, StayTimes, Trend } from '../data/trends.ts'
import { clock, duration, perSecond } from '../view/format.ts'
import { termOf, wordsOf } from '../view/list/filter.ts'
import { nowOf, session } from '../view/view.ts'

/** How many bars there are, and how long one is at least and at most, in seconds. */
const bars = 60
const spans = [1, 2, 3, 5, 10, 15, 20, 30, 60]
const height = 44
/** From the bottom to the top of a bar. */
const kinds: readonly StateKind[] = ['ok', 'over', 'warn', 'bad']

/** How many actors of a machine ended over time, and how long they stayed in its states. */
export function Trends({ filter }: { readonly filter: string }) {
  const [open, setOpen] = useState(() => innerWidth > 560)
  const { model } = session
  const machine = machineOf(filter, Object.keys(model.machines))
  const trend = machine === undefined ? undefined : model.trendOf(machine)
  if (machine === undefined || trend === undefined) return null
  return (
    <section class="trends" aria-label="Trends">
      <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? '▾' : '▸'}</span> Trends of <em>{machine}</em>
      </button>
      {open && (
        <div class="trends-body">
          <Ends trend={trend} />
          <Stays stays={trend.stays.filter(({ state }) => !isEnd(state))} />
        </div>
      )}
    </section>
  )
}

/** The machine that the filter names alone, else the cookie's, else the first. */
function machineOf(filter: string, machines: readonly string[]): string | undefined {
  const named = wordsOf(filter)
    .map(termOf)
    .find(({ key, negated }) => key === 'machine' && !negated)?.values
  return (
    machines.find(name => named?.includes(name.toLowerCase())) ??
    machines.find(name => name === 'cookie') ??
    machines[0]
  )
}

function Ends({ trend }: { readonly trend: Trend }) {
  const now = nowOf()
  const age = (now - (trend.began ?? now)) / 1_000
  const span = spans.find(span => span * bars >= age) ?? 60
  const shown = trend.bars(now, span, bars)
  const most = Math.max(1, ...shown.map(sumOf))
  return (
    <figure class="ends">
      <figcaption>
        Ended per second, at most <b>{perSecond(most / span)}</b>
      </figcaption>
      <svg
        viewBox={`0 0 ${bars * 4} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Ended per second over the last ${duration(bars * span * 1_000)}: ${perSecond(most / span)} at most`}
      >
        {shown.map((bar, index) => (
          <g key={bar.from}>
            <title>{titleOf(bar, span)}</title>
            <rect class="reach" x={index * 4} y="0" width="4" height={height} />
            {stacked(bar, most).map(({ kind, y, tall }) => (
              <rect key={kind} class={`kind-${kind}`} x={index * 4 + 0.4} y={y} width="3.2" height={tall} />
            ))}
          </g>
        ))}
      </svg>
      <div class="times" aria-hidden="true">
        <span>{clock(now - bars * span * 1_000).slice(0, 8)}</span>
        <span>{clock(now).slice(0, 8)}</span>
      </div>
    </figure>
  )
}

const sumOf = ({ kinds }: EndsBar) => Object.values(kinds).reduce((sum, count) => sum + count, 0)

const words: Readonly<Partial<Record<StateKind, string>>> = {
  ok: 'well',
  warn: 'early',
  bad: 'badly',
  over: 'otherwise',
}

const titleOf = ({ from, kinds }: EndsBar, span: number) => {
  const parts = Object.entries(kinds).map(([kind, count]) => `${count} ${words[kind as StateKind] ?? kind}`)
  return `${clock(from).slice(0, 8)}, ${span} s: ${parts.length === 0 ? 'none ended' : parts.join(', ')}`
}

/** The parts of a bar, from the bottom up. */
function stacked({ kinds: counts }: EndsBar, most: number) {
  let y = height
  return kinds.flatMap(kind => {
    const tall = ((counts[kind] ?? 0) / most) * (height - 2)
    y -= tall
    return tall === 0 ? [] : [{ kind, y, tall }]
  })
}

function Stays({ stays }: { readonly stays: readonly StayTimes[] }) {
  if (stays.length === 0) return <p class="hint">No state was left yet.</p>
  return (
    <div class="stays" tabIndex={0} role="group" aria-label="Time in each state">
      <table>
        <caption class="hidden">Time in each state</caption>
        <tbody>
          <tr>
            <th scope="row">time in</th>
            {stays.map(({ state }) => (
              <th key={state} scope="col">
                {state}
              </th>
            ))}
          </tr>
          {(['p50', 'p95'] as const).map(part => (
            <tr key={part}>
              <th scope="row">{part}</th>
              {stays.map(({ state, count, [part]: ms }) => (
                <td key={state} title={`${count.toLocaleString('en')} times`}>
                  {duration(ms)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
