import { useRef, useState } from 'preact/hooks'
import type { Row } from '../data/model.ts'
import { ticks } from '../data/spans.ts'
import { drag } from '../view/drag.ts'
import { duration } from '../view/format.ts'
import { rowKeys, useKeys, useReveal } from '../view/list/row-keys.ts'
import { moved, type Range, zoomed } from '../view/range.ts'
import { nowOf, session, stepBy } from '../view/view.ts'
import { ExportMenu } from './export-menu.tsx'
import { useScroll } from './table.tsx'
import { names, rowHeight, TimelineRow } from './timeline-row.tsx'

const axis = 26
/** The greatest width of the time at a tick, in px. */
const tickLabel = 52
/** How much of the past the live view shows, in ms. */
const liveSpan = 60_000
/** The most rows of an exported timeline. */
const mostExported = 500

/** The states of each actor over time, one row an actor. Frozen spans are hatched. */
export function Timeline({ rows }: { readonly rows: readonly Row[] }) {
  const { box, top: scrolled, height: seen } = useScroll()
  const area = useRef<HTMLDivElement>(null)
  const [range, setRange] = useState<Range | 'all' | 'live'>(session.player === undefined ? 'live' : 'all')
  const [exporting, setExporting] = useState(false)
  const now = nowOf()
  const whole = { from: rows.reduce((least, { created }) => Math.min(least, created), now - 1), to: now }
  const { from, to } =
    range === 'all' ? whole : range === 'live' ? { from: Math.max(whole.from, now - liveSpan), to: now } : range
  const width = Math.max(320, area.current?.clientWidth ?? 720)
  const room = width - names - 12
  const x = (at: number) => names + ((at - from) / (to - from)) * room

  const shownRange = { from, to }
  const zoom = (factor: number, at?: number) => setRange(zoomed(shownRange, whole, factor, at))
  // The arrow keys step through the past of the selected actor, if there is one.
  const pan = (part: number) => () =>
    session.selected === undefined ? setRange(moved(shownRange, part)) : stepBy(Math.sign(part))
  useKeys(() => ({
    ...rowKeys({ rows, rowHeight, above: axis, box: box.current }),
    '+': () => zoom(0.5),
    '=': () => zoom(0.5),
    '-': () => zoom(2),
    0: () => setRange('all'),
    ArrowLeft: pan(-0.2),
    ArrowRight: pan(0.2),
  }))
  useReveal({ rows, rowHeight, above: axis, box })
  // For an export, rows that are not visible are drawn, too.
  const listed = exporting ? rows.slice(0, mostExported) : rows
  const [top, height] = exporting ? [0, listed.length * rowHeight + axis] : [scrolled, seen]
  const first = Math.max(0, Math.floor(top / rowHeight) - 2)
  const shown = listed.slice(first, Math.ceil((top + height) / rowHeight) + 2)

  return (
    <div class="timeline-pane" ref={area}>
      <div class="tools">
        <span class="legend" aria-hidden="true">
          {legend.map(([kind, label]) => (
            <span key={kind} class={`key kind-${kind}`}>
              {label}
            </span>
          ))}
          {ends.map(([kind, label]) => (
            <span key={kind} class={`key dot kind-${kind}`}>
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
            title="The last minute, moving with the time"
            aria-pressed={range === 'live'}
          >
            Live
          </button>
        )}
        <ExportMenu name="timeline" area={area} prepare={setExporting} />
      </div>
      <div
        class="timeline-box"
        ref={box}
        tabIndex={0}
        role="group"
        aria-label="Arrow keys choose an actor"
        onWheel={event => {
          if (!event.ctrlKey && !event.metaKey) return
          event.preventDefault()
          const { left } = event.currentTarget.getBoundingClientRect()
          zoom(event.deltaY > 0 ? 1.25 : 0.8, from + ((event.clientX - left - names) / room) * (to - from))
        }}
        onPointerDown={event => drag(event, by => setRange(moved(shownRange, -by / room)))}
      >
        <svg
          class="timeline"
          width={width}
          height={listed.length * rowHeight + axis}
          role="img"
          aria-label={`Timeline of ${rows.length} actors over ${duration(to - from)}`}
        >
          <defs>
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect class="hatch-ground" width="6" height="6" />
              <line class="hatch-line" x1="1.5" x2="1.5" y1="0" y2="6" />
            </pattern>
            <clipPath id="rows">
              <rect x={names} y="0" width={Math.max(0, width - names)} height={listed.length * rowHeight + axis} />
            </clipPath>
          </defs>
          {ticks(from - whole.from, to - whole.from, room / 110).map(at => (
            <g key={at} class="tick">
              <line x1={x(at + whole.from)} x2={x(at + whole.from)} y1={top + axis - 6} y2={top + height} />
              {x(at + whole.from) < width - tickLabel && (
                <text x={x(at + whole.from) + 4} y={top + 12}>
                  {duration(at)}
                </text>
              )}
            </g>
          ))}
          {shown.map((row, index) => (
            <TimelineRow key={row.key} row={row} y={axis + (first + index) * rowHeight} x={x} now={now} width={width} />
          ))}
        </svg>
      </div>
    </div>
  )
}

const legend = [
  ['wait', 'waits'],
  ['work', 'prepares'],
  ['run', 'runs'],
  ['change', 'freezes, thaws'],
  ['freeze', 'frozen'],
  ['stop', 'stops'],
] as const

const ends = [
  ['ok', 'ended well'],
  ['warn', 'stopped early'],
  ['bad', 'failed'],
] as const
