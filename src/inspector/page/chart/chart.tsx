import { useMemo, useState } from 'preact/hooks'
import type { Counts, MachineInfo, Step } from '../../protocol.ts'
import { familyOf } from '../data/state-colors.ts'
import { labelSize, lineHeight, wordOf } from './label-text.ts'
import { allPlaced, badgeOf, type Kind, kindOf, labelsOf, type PlacedLabel, placed, takenBy } from './labels.ts'
import { chartOf, nameSize, type PlacedArrow, type PlacedState } from './layout.ts'
import { textWidth } from './measure.ts'

/** The least part of its own size at which a chart can be read. */
const leastScale = 0.8
/** How much of the window's height a chart takes, if it can be read so. */
const mostHeight = 66

const widthOf = textWidth()

/** Lays machines out, so that they are there when they are looked at. */
export function prepareCharts(machines: readonly MachineInfo[]): void {
  for (const machine of machines) chartOf(machine, false, widthOf)
}

interface ChartProps {
  readonly machine: MachineInfo
  /** The states that are lit. */
  readonly current: readonly string[]
  /** The step that led to them. */
  readonly step: Step | undefined
  readonly counts: Counts
  /** By arrow, the events that are known to have led along it. */
  readonly events: ReadonlyMap<string, ReadonlySet<string>>
  /** Every label, at full size. Else as it fits, with the labels of what was taken and of what may come next. */
  readonly allLabels: boolean
}

/** A machine's own definition, with where the actor is and was. */
export function ChartView({ machine, current, step, counts, events, allLabels }: ChartProps) {
  const [focus, look] = useState<string>()
  const chart = chartOf(machine, allLabels, widthOf)
  const seen = { current, taken: takenBy(step), counts, events, focus }
  // They are placed anew only where something else is said.
  const said = allLabels ? '' : labelsOf(chart, seen).map(({ arrow, words }) => [arrow.key, words])
  const visited = Object.entries(counts.states).map(([name, count]) => name + String(count).length)
  const labels = useMemo(
    () => (allLabels ? allPlaced(chart, seen) : placed(chart, seen, widthOf)),
    [chart, allLabels, JSON.stringify([said, visited, counts.arrows, focus, step?.n])],
  )
  const { width, height } = chart
  // What matters most is drawn last, on top.
  const arrows = chart.arrows
    .map(arrow => ({ arrow, kind: kindOf(arrow, seen) }))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  const size = allLabels
    ? { width: `${width}px` }
    : { width: `clamp(${width * leastScale}px, min(100%, ${(mostHeight * width) / height}vh), ${width}px)` }
  return (
    <svg
      class={`chart${focus === undefined ? '' : ' looking'}`}
      viewBox={`0 0 ${width} ${height}`}
      style={{ ...size, aspectRatio: `${width} / ${height}` }}
      data-looked={focus}
      role="img"
      aria-label={`The machine ${machine.name}, in the state ${current.join(' and ')}`}
    >
      <defs>
        {order.map(kind => (
          <marker
            key={kind}
            id={headOf(kind)}
            class={headOf(kind)}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="9"
            markerHeight="9"
            orient="auto"
          >
            <path d="M0 0.8 L7.5 4 L0 7.2 z" />
          </marker>
        ))}
      </defs>
      <circle class="origin" cx={chart.start.x} cy={chart.start.y - 18} r="4" />
      <path
        class="arrow"
        d={`M ${chart.start.x} ${chart.start.y - 14} L ${chart.start.x} ${chart.start.y - 1}`}
        marker-end="url(#head)"
      />
      {arrows.map(({ arrow, kind }) => (
        <ArrowPath key={arrow.key} arrow={arrow} kind={kind} n={kind === 'taken' ? step?.n : undefined} />
      ))}
      {chart.states.map(state => (
        <StateBox
          key={state.name}
          state={state}
          lit={current.includes(state.name)}
          count={counts.states[state.name] ?? 0}
          enter={() => look(state.name)}
          leave={() => look(undefined)}
        />
      ))}
      {labels.map(label => (
        <ArrowLabel key={label.key} label={label} event={seen.taken.get(label.key)} />
      ))}
    </svg>
  )
}

const order: readonly Kind[] = ['', 'used', 'near', 'taken']
const headOf = (kind: Kind) => (kind === '' ? 'head' : `head-${kind}`)

function ArrowPath({ arrow, kind, n }: { arrow: PlacedArrow; kind: Kind; n: number | undefined }) {
  return (
    <g>
      <title>{`${arrow.from} → ${arrow.to}: ${arrow.words.map(({ text }) => text).join(', ') || 'always'}`}</title>
      <path class="reach" d={arrow.path} />
      <path class={`arrow ${kind}`} d={arrow.path} marker-end={`url(#${headOf(kind)})`} data-arrow={arrow.key} />
      {n !== undefined && <path key={n} class="pulse" d={arrow.path} pathLength={100} />}
    </g>
  )
}

/** `event`: the one that led along its arrow last, which stands out from the others that could have. */
function ArrowLabel({ label: { kind, way, x, y }, event }: { label: PlacedLabel; event: string | undefined }) {
  const top = y - ((way.length - 1) * lineHeight) / 2
  return (
    <text class={`label ${kind}`} font-size={labelSize} text-anchor="middle" dominant-baseline="central">
      {way.map((line, row) => (
        <tspan key={line[0]?.text} x={x} y={top + row * lineHeight}>
          {line.map((word, index) => (
            <tspan key={word.text} class={word.event === event ? 'word happened' : 'word'}>
              {wordOf(word)}
              {index < line.length - 1 ? ', ' : ''}
            </tspan>
          ))}
        </tspan>
      ))}
    </text>
  )
}

interface StateProps {
  readonly state: PlacedState
  readonly lit: boolean
  readonly count: number
  readonly enter: () => void
  readonly leave: () => void
}

function StateBox({ state, lit, count, enter, leave }: StateProps) {
  const { name, x, y, width, height, final } = state
  const [left, top] = [x - width / 2, y - height / 2]
  const [badge] = badgeOf(state, count)
  return (
    <g
      class={`state f-${familyOf(name)}${lit ? ' lit' : ''}${count > 0 ? ' visited' : ''}`}
      data-state={name}
      onMouseEnter={enter}
      onMouseLeave={leave}
    >
      {lit && <rect class="halo" x={left - 4} y={top - 4} width={width + 8} height={height + 8} rx="11" />}
      <rect class="box" x={left} y={top} width={width} height={height} rx="7" />
      {final && <rect class="inner" x={left + 3} y={top + 3} width={width - 6} height={height - 6} rx="5" />}
      <text class="name" font-size={nameSize} x={x} y={y} text-anchor="middle" dominant-baseline="central">
        {name}
      </text>
      {badge !== undefined && (
        <g class="visits">
          <rect
            x={badge.x - badge.width / 2}
            y={badge.y - badge.height / 2}
            width={badge.width}
            height={badge.height}
            rx="8"
          />
          <text x={badge.x} y={badge.y + 0.5} text-anchor="middle" dominant-baseline="central">
            {count}
          </text>
        </g>
      )}
    </g>
  )
}
