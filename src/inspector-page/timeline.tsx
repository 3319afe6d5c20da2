import { useRef, useState } from 'preact/hooks'
import { ExportMenu } from './export-menu.tsx'
import { familyOf, shownState } from './families.ts'
import { duration } from './format.ts'
import type { Row } from './model.ts'
import { spansOf, ticks } from './spans.ts'
import { useScroll } from './table.tsx'
import { nowOf, select, session } from './view.ts'

const rowHeight = 22
const names = 128
const axis = 26
/** How much of the past is seen while it goes along with the time, in ms. */
const liveSpan = 60_000

interface Range {
  readonly from: number
  readonly to: number
}

/** Who was in which state when: a line for each actor, frozen stretches hatched. */
export function Timeline({ rows }: { readonly rows: readonly Row[] }) {
  const { box, top, height } = useScroll()
  const area = useRef<HTMLDivElement>(null)
  const [range, setRange] = useState<Range | 'all' | 'live'>(session.player === undefined ? 'live' : 'all')
  const now = nowOf()
  const whole = { from: Math.min(...rows.map(({ created }) => created), now - 1), to: now }
  const { from, to } =
    range === 'all' ? whole : range === 'live' ? { from: Math.max(whole.from, now - liveSpan), to: now } : range
  const width = Math.max(320, area.current?.clientWidth ?? 720)
  const room = width - names - 12
  const x = (at: number) => names + ((at - from) / (to - from)) * room

  function zoom(factor: number, at = (from + to) / 2) {
    const span = Math.min(Math.max(5, (to - from) * factor), (whole.to - whole.from) * 1.2)
    const start = at - ((at - from) / (to - from)) * span
    setRange({ from: start, to: start + span })
  }
  const pan = (by: number) => setRange({ from: from + (to - from) * by, to: to + (to - from) * by })
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => zoom(0.5),
    '=': () => zoom(0.5),
    '-': () => zoom(2),
    '0': () => setRange('all'),
    ArrowLeft: () => pan(-0.2),
    ArrowRight: () => pan(0.2),
  }
  const first = Math.max(0, Math.floor(top / rowHeight) - 2)
  const shown = rows.slice(first, Math.ceil((top + height) / rowHeight) + 2)

  return (
    <div class="timeline-pane" ref={area}>
      <div class="tools">
        <span class="legend" aria-hidden="true">
          {legend.map(([family, label]) => (
            <span key={family} class={`key f-${family}`}>
              {label}
            </span>
          ))}
        </span>
        <button type="button" onClick={() => zoom(0.5)} title="Zoom in (+, or Ctrl and the wheel)" aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => zoom(2)} title="Zoom out (−)" aria-label="Zoom out">
          −
        </button>
        <button
          type="button"
          onClick={() => setRange('all')}
          title="From the first to now (0)"
          aria-pressed={range === 'all'}
        >
          All
        </button>
        {session.player === undefined && (
          <button
            type="button"
            onClick={() => setRange('live')}
            title="The last minute, going along"
            aria-pressed={range === 'live'}
          >
            Live
          </button>
        )}
        <ExportMenu name="timeline" area={area} />
      </div>
      <div
        class="timeline-box"
        ref={box}
        tabIndex={0}
        onKeyDown={event => {
          const act = keys[event.key]
          if (act === undefined) return
          event.preventDefault()
          event.stopPropagation()
          act()
        }}
        onWheel={event => {
          if (!event.ctrlKey && !event.metaKey) return
          event.preventDefault()
          const { left } = event.currentTarget.getBoundingClientRect()
          zoom(event.deltaY > 0 ? 1.25 : 0.8, from + ((event.clientX - left - names) / room) * (to - from))
        }}
        onPointerDown={event =>
          drag(event, by => setRange({ from: from - (by / room) * (to - from), to: to - (by / room) * (to - from) }))
        }
      >
        <svg
          class="timeline"
          width={width}
          height={rows.length * rowHeight + axis}
          role="img"
          aria-label={`Timeline of ${rows.length} actors over ${duration(to - from)}`}
        >
          <defs>
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect class="hatch-ground" width="6" height="6" />
              <line class="hatch-line" x1="1.5" x2="1.5" y1="0" y2="6" />
            </pattern>
            <clipPath id="lanes">
              <rect x={names} y="0" width={Math.max(0, width - names)} height={rows.length * rowHeight + axis} />
            </clipPath>
          </defs>
          {ticks(from - whole.from, to - whole.from, room / 110).map(at => (
            <g key={at} class="tick">
              <line x1={x(at + whole.from)} x2={x(at + whole.from)} y1={top + axis - 6} y2={top + height} />
              <text x={x(at + whole.from) + 4} y={top + 12}>
                {duration(at)}
              </text>
            </g>
          ))}
          {shown.map((row, index) => (
            <Lane key={row.key} row={row} y={axis + (first + index) * rowHeight} x={x} now={now} width={width} />
          ))}
        </svg>
      </div>
    </div>
  )
}

interface LaneProps {
  readonly row: Row
  readonly y: number
  readonly x: (at: number) => number
  readonly now: number
  readonly width: number
}

function Lane({ row, y, x, now, width }: LaneProps) {
  const state = shownState(row)
  const spans = spansOf(row, now)
  const end = row.path.find(([, name]) => familyOf(name) === 'over' || ['ok', 'warn', 'bad'].includes(familyOf(name)))
  return (
    <g
      class={`lane${row.key === session.selected ? ' selected' : ''}`}
      data-id={row.id}
      onClick={() => select(row.key)}
    >
      <rect class="ground" x="0" y={y} width={width} height={rowHeight} />
      <text class="who" x="10" y={y + rowHeight / 2} dominant-baseline="central">
        {row.id.length > 17 ? `${row.id.slice(0, 16)}…` : row.id}
      </text>
      <g clip-path="url(#lanes)">
        {spans.map(span => (
          <rect
            key={span.from}
            class={`span f-${span.family}`}
            data-family={span.family}
            x={x(span.from)}
            y={y + (span.family === 'over' || span.family === 'wait' ? rowHeight / 2 - 1.5 : 4)}
            width={Math.max(1, x(span.to) - x(span.from))}
            height={span.family === 'over' || span.family === 'wait' ? 3 : rowHeight - 8}
            rx="2"
          >
            <title>{`${span.state}, ${duration(span.to - span.from)}`}</title>
          </rect>
        ))}
        {row.status !== undefined && end !== undefined && (
          <circle class={`end f-${familyOf(state)}`} cx={x(end[0])} cy={y + rowHeight / 2} r="4.5" />
        )}
      </g>
    </g>
  )
}

const legend = [
  ['wait', 'waits'],
  ['work', 'prepares'],
  ['run', 'runs'],
  ['freeze', 'frozen'],
  ['stop', 'stops'],
] as const

/** Calls back with how far a pointer has been dragged sideways, in px. */
function drag(down: PointerEvent, moved: (by: number) => void): void {
  const move = (event: PointerEvent) => {
    if (Math.abs(event.clientX - down.clientX) > 3) moved(event.clientX - down.clientX)
  }
  const up = () => {
    removeEventListener('pointermove', move)
    removeEventListener('pointerup', up)
  }
  addEventListener('pointermove', move)
  addEventListener('pointerup', up)
}
