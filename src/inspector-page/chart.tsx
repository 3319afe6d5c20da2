import { useState } from 'preact/hooks'
import { arrowKey, type Counts, hops, type MachineInfo, type Step } from '../inspector/protocol.ts'
import { chartOf, lineHeight, type PlacedArrow, type PlacedState } from './chart-layout.ts'
import { familyOf } from './families.ts'

interface ChartProps {
  readonly machine: MachineInfo
  /** The states that are lit. */
  readonly current: readonly string[]
  /** The step that led to them. */
  readonly step: Step | undefined
  readonly counts: Counts
  /** Every label, at full size. Else as it fits, with the labels of what was taken and of what may come next. */
  readonly allLabels: boolean
}

/** A machine's own definition, with where the actor is and was. */
export function ChartView({ machine, current, step, counts, allLabels }: ChartProps) {
  const [looked, look] = useState<string>()
  const chart = chartOf(machine, allLabels)
  const taken = new Set(step === undefined ? [] : hops(step).map(([from, to]) => arrowKey(from, to)))
  const focus = looked ?? undefined
  // What matters most is drawn last, on top.
  const weight = ({ key, from, to }: PlacedArrow) =>
    taken.has(key) ? 3 : focus !== undefined && (from === focus || to === focus) ? 2 : counts.arrows[key] ? 1 : 0
  const arrows = chart.arrows.toSorted((a, b) => weight(a) - weight(b))
  const labelled = allLabels
    ? arrows
    : arrows.filter(arrow => weight(arrow) > 0 || (focus === undefined && current.includes(arrow.from)))
  const look$ = (name: string | undefined) => () => look(name)
  return (
    <svg
      class={`chart${allLabels ? '' : ' fitted'}${focus === undefined ? '' : ' looking'}`}
      viewBox={`0 0 ${chart.width} ${chart.height}`}
      width={chart.width}
      height={chart.height}
      role="img"
      aria-label={`The machine ${machine.name}, in the state ${current.join(' and ')}`}
    >
      <defs>
        {['', '-used', '-taken', '-near'].map(kind => (
          <marker
            key={kind}
            id={`head${kind}`}
            class={`head${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
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
      {arrows.map(arrow => (
        <ArrowPath
          key={arrow.key}
          arrow={arrow}
          kind={kindOf(weight(arrow))}
          n={taken.has(arrow.key) ? step?.n : undefined}
        />
      ))}
      {chart.states.map(state => (
        <StateBox
          key={state.name}
          state={state}
          lit={current.includes(state.name)}
          count={counts.states[state.name] ?? 0}
          enter={look$(state.name)}
          leave={look$(undefined)}
        />
      ))}
      {labelled.map(arrow => (
        <ArrowLabel key={arrow.key} arrow={arrow} kind={kindOf(weight(arrow))} count={counts.arrows[arrow.key] ?? 0} />
      ))}
    </svg>
  )
}

const kindOf = (weight: number) => (['', 'used', 'near', 'taken'] as const)[weight] ?? ''

function ArrowPath({ arrow, kind, n }: { arrow: PlacedArrow; kind: string; n: number | undefined }) {
  const marker = kind === '' ? 'url(#head)' : `url(#head-${kind})`
  return (
    <>
      <path class={`arrow ${kind}`} d={arrow.path} marker-end={marker} data-arrow={arrow.key} />
      {n !== undefined && <path key={n} class="pulse" d={arrow.path} pathLength={100} />}
    </>
  )
}

function ArrowLabel({
  arrow: { label, lines, from, to },
  kind,
  count,
}: {
  arrow: PlacedArrow
  kind: string
  count: number
}) {
  const top = label.y - ((lines.length - 1) * lineHeight) / 2
  return (
    <text
      class={`label ${kind}`}
      x={label.x}
      y={top}
      text-anchor={from === to ? 'start' : 'middle'}
      dominant-baseline="central"
    >
      {lines.map((line, index) => (
        <tspan key={line} x={label.x} y={top + index * lineHeight}>
          {line}
          {count > 1 && index === lines.length - 1 ? ` ×${count}` : ''}
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

function StateBox({ state: { name, x, y, width, height, final }, lit, count, enter, leave }: StateProps) {
  const [left, top] = [x - width / 2, y - height / 2]
  return (
    <g
      class={`state f-${familyOf(name)}${lit ? ' lit' : ''}${count > 0 ? ' visited' : ''}`}
      data-state={name}
      onMouseEnter={enter}
      onMouseLeave={leave}
    >
      {lit && <rect class="halo" x={left - 5} y={top - 5} width={width + 10} height={height + 10} rx="12" />}
      <rect class="box" x={left} y={top} width={width} height={height} rx="8" />
      {final && <rect class="inner" x={left + 3} y={top + 3} width={width - 6} height={height - 6} rx="6" />}
      <text class="name" x={x} y={y} text-anchor="middle" dominant-baseline="central">
        {name}
      </text>
      {count > 0 && (
        <g class="visits">
          <rect
            x={left + width - 9 - String(count).length * 3}
            y={top - 8}
            width={12 + String(count).length * 6}
            height="16"
            rx="8"
          />
          <text x={left + width - 3} y={top + 0.5} text-anchor="middle" dominant-baseline="central">
            {count}
          </text>
        </g>
      )}
    </g>
  )
}
