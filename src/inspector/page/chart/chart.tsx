import { useState } from 'preact/hooks'
import { arrowsOf, type Counts, type MachineInfo, type Step } from '../../protocol.ts'
import type { Outcome } from '../data/outcome.ts'
import { outcomeKind } from '../data/state-kinds.ts'
import { type ArrowKind, arrowKinds, kindOf, type Shown } from './arrow-kind.ts'
import { labelSize, lineHeight, linesOf } from './label-text.ts'
import { boxNameSize, type Chart, dotRadius, nameSize, type PlacedArrow, type PlacedState } from './layout.ts'
import { pathOf } from './path.ts'
import { useChart } from './use-chart.ts'
import type { Zoom } from './zoom.tsx'

/** The smallest scale at which a chart can be read. */
const leastScale = 0.8
/** How much of the window's height a chart takes, if it can be read so. */
const mostHeight = 66

interface ChartProps {
  readonly machine: MachineInfo
  /** The innermost states that are lit. */
  readonly current: readonly string[]
  /** The step that led to them. */
  readonly step: Step | undefined
  readonly counts: Counts
  /** How the actor ended, once that is decided at the shown moment. */
  readonly outcome: Outcome | undefined
  readonly zoom: Zoom
  /** Called when the chart is on the page. */
  readonly onDrawn: () => void
}

/** A machine's definition, with where the actor is and was. */
export function ChartView({ machine, ...shown }: ChartProps) {
  const chart = useChart(machine)
  if (chart === undefined) return <p class="hint">Drawing the machine…</p>
  if (chart === 'failed') return <p class="hint">This machine cannot be drawn. Its log is below.</p>
  return <Drawing machine={machine} chart={chart} {...shown} />
}

function Drawing({
  machine,
  chart,
  current,
  step,
  counts,
  outcome,
  zoom,
  onDrawn,
}: ChartProps & { readonly chart: Chart }) {
  const [focus, setFocus] = useState<string>()
  const shown: Shown = { current, step, counts, focus }
  const { width, height, tree } = chart
  const active = new Set(current.flatMap(tree.pathOf))
  const arrows = chart.arrows
    .map(arrow => ({ arrow, kind: kindOf(arrow, chart, shown) }))
    .toSorted((a, b) => arrowKinds.indexOf(a.kind) - arrowKinds.indexOf(b.kind))
  return (
    <svg
      class={`chart${focus === undefined ? '' : ' looking'}`}
      viewBox={`0 0 ${width} ${height}`}
      style={{ width: widthFor(zoom, chart), aspectRatio: `${width} / ${height}` }}
      data-looked={focus}
      role="img"
      aria-label={`The machine ${machine.name}, in the state ${current.join(' and ')}`}
      ref={onDrawn}
    >
      <defs>
        {arrowKinds.map(kind => (
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
      {chart.states
        .filter(({ composite }) => composite)
        .map(state => (
          <CompositeBox key={state.name} state={state} active={active.has(state.name)} />
        ))}
      {chart.starts.map(({ key, dot, points }) => (
        <g key={key}>
          <circle class="origin" cx={dot.x} cy={dot.y} r={dotRadius} />
          <path class="arrow" d={pathOf(points)} marker-end="url(#head)" />
        </g>
      ))}
      {arrows.map(({ arrow, kind }) => (
        <ArrowPath key={arrow.key} arrow={arrow} kind={kind} n={step?.n} count={counts.arrows[arrow.key] ?? 0} />
      ))}
      {chart.states
        .filter(({ composite }) => composite)
        .map(state => (
          <BoxName key={state.name} state={state} active={active.has(state.name)} />
        ))}
      {chart.states
        .filter(({ composite }) => !composite)
        .map(state => (
          <StateBox
            key={state.name}
            state={state}
            lit={current.includes(state.name)}
            count={counts.states[state.name] ?? 0}
            status={outcome?.states.has(state.name) ? outcome.status : undefined}
            enter={() => setFocus(state.name)}
            leave={() => setFocus(undefined)}
          />
        ))}
      {arrows.map(({ arrow, kind }) => (
        <ArrowLabel
          key={arrow.key}
          arrow={arrow}
          kind={kind}
          event={kind === 'taken' ? eventOf(arrow, step) : undefined}
        />
      ))}
    </svg>
  )
}

/** The width of a drawing on the page. In a full screen it may be higher, by the style sheet. */
function widthFor(zoom: Zoom, { width, height }: Chart): string {
  if (typeof zoom === 'number') return `${width * zoom}px`
  const whole = `min(100%, calc(var(--chart-height, ${mostHeight}vh) * ${(width / height).toFixed(4)}))`
  return zoom === 'fit' ? `min(${whole}, ${width * 2}px)` : `clamp(${width * leastScale}px, ${whole}, ${width}px)`
}

const headOf = (kind: ArrowKind) => (kind === '' ? 'head' : `head-${kind}`)

/**
 * The event that led along an arrow. Only the first arrow of a step is the event's own; the others follow by
 * themselves.
 */
function eventOf({ key, words }: PlacedArrow, step: Step | undefined): string | undefined {
  if (step === undefined) return undefined
  const isOwn = words.some(({ event }) => event === step.event) || arrowsOf(step)[0] === key
  return isOwn ? step.event : ''
}

interface ArrowProps {
  readonly arrow: PlacedArrow
  readonly kind: ArrowKind
  readonly n: number | undefined
  readonly count: number
}

function ArrowPath({ arrow: { key, from, to, words, points }, kind, n, count }: ArrowProps) {
  const path = pathOf(points)
  const taken = count === 0 ? '' : `, taken ${count} ${count === 1 ? 'time' : 'times'}`
  return (
    <g>
      <title>{`${from} → ${to}: ${words.map(({ text }) => text).join(', ') || 'always'}${taken}`}</title>
      <path class="reach" d={path} />
      <path class={`arrow ${kind}`} d={path} marker-end={`url(#${headOf(kind)})`} data-arrow={key} />
      {kind === 'taken' && <path key={n} class="pulse" d={path} pathLength={100} />}
    </g>
  )
}

/** `event`: the one that led along the arrow last. It stands out from the others that could have. */
function ArrowLabel({
  arrow: { words, label },
  kind,
  event,
}: Pick<ArrowProps, 'arrow' | 'kind'> & { readonly event: string | undefined }) {
  if (label === undefined) return null
  const lines = linesOf(words)
  const x = label.x + label.width / 2
  const top = label.y + label.height / 2 - ((lines.length - 1) * lineHeight) / 2
  return (
    <text class={`label ${kind}`} font-size={labelSize} text-anchor="middle" dominant-baseline="central">
      {lines.map((line, row) => (
        <tspan key={line[0]?.text} x={x} y={top + row * lineHeight}>
          {line.map((word, index) => (
            <tspan key={word.text} class={word.event === event ? 'word happened' : 'word'}>
              {word.text}
              {index < line.length - 1 ? ', ' : ''}
            </tspan>
          ))}
        </tspan>
      ))}
    </text>
  )
}

function CompositeBox({ state, active }: { readonly state: PlacedState; readonly active: boolean }) {
  const { name, x, y, width, height, region } = state
  return (
    <g class={`composite${active ? ' active' : ''}${region ? ' region' : ''}`} data-composite={name}>
      <rect x={x} y={y} width={width} height={height} rx="9" />
    </g>
  )
}

/** Drawn above the arrows: some begin at the upper edge of their box. */
function BoxName({ state: { name, x, y }, active }: { readonly state: PlacedState; readonly active: boolean }) {
  return (
    <text
      class={`box-name${active ? ' active' : ''}`}
      font-size={boxNameSize}
      x={x + 11}
      y={y + 14}
      dominant-baseline="central"
    >
      {name}
    </text>
  )
}

interface StateProps {
  readonly state: PlacedState
  readonly lit: boolean
  readonly count: number
  readonly status: string | undefined
  readonly enter: () => void
  readonly leave: () => void
}

function StateBox({ state: { name, x, y, width, height, final }, lit, count, status, enter, leave }: StateProps) {
  return (
    <g
      class={`state kind-${outcomeKind(name, status)}${lit ? ' lit' : ''}${count > 0 ? ' visited' : ''}`}
      data-state={name}
      onMouseEnter={enter}
      onMouseLeave={leave}
    >
      {lit && <rect class="halo" x={x - 4} y={y - 4} width={width + 8} height={height + 8} rx="11" />}
      <rect class="box" x={x} y={y} width={width} height={height} rx="7" />
      {final && <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="5" />}
      <text
        class="name"
        font-size={nameSize}
        x={x + width / 2}
        y={y + height / 2}
        text-anchor="middle"
        dominant-baseline="central"
      >
        {name}
      </text>
      {count > 0 && <Visits x={x + width - 3} y={y} count={count} />}
    </g>
  )
}

/** How often a state was entered, at its upper right corner. */
function Visits({ x, y, count }: { readonly x: number; readonly y: number; readonly count: number }) {
  const width = 12 + String(count).length * 6
  return (
    <g class="visits">
      <rect x={x - width / 2} y={y - 8} width={width} height="16" rx="8" />
      <text x={x} y={y + 0.5} text-anchor="middle" dominant-baseline="central">
        {count}
      </text>
    </g>
  )
}
