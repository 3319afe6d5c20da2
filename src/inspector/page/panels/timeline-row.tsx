import { endOf } from '../data/lifetime.ts'
import type { Row } from '../data/model.ts'
import { spansOf } from '../data/spans.ts'
import { kindOf, shownState } from '../data/state-kinds.ts'
import { duration } from '../view/format.ts'
import { select, session } from '../view/view.ts'

/** The height of a row, and the width of the names before it, in px. */
export const rowHeight = 22
export const names = 128

interface TimelineRowProps {
  readonly row: Row
  readonly y: number
  readonly x: (at: number) => number
  readonly now: number
  readonly width: number
}

/** One actor's life. */
export function TimelineRow({ row, y, x, now, width }: TimelineRowProps) {
  const state = shownState(row)
  const spans = spansOf(row, now)
  const end = endOf(row)
  const short = row.id.length > 17 ? `${row.id.slice(0, 16)}…` : row.id
  return (
    <g
      class={`timeline-row${row.key === session.selected ? ' selected' : ''}`}
      data-id={row.id}
      onClick={() => select(row.key)}
    >
      <rect class="ground" x="0" y={y} width={width} height={rowHeight} />
      <g>
        {short !== row.id && <title>{row.id}</title>}
        <text class="who" x="10" y={y + rowHeight / 2} dominant-baseline="central">
          {short}
        </text>
      </g>
      <g clip-path="url(#rows)">
        {spans.map(span => (
          <rect
            key={span.from}
            class={`span kind-${span.kind}`}
            data-kind={span.kind}
            x={x(span.from)}
            y={y + (span.kind === 'over' || span.kind === 'wait' ? rowHeight / 2 - 1.5 : 4)}
            width={Math.max(1, x(span.to) - x(span.from))}
            height={span.kind === 'over' || span.kind === 'wait' ? 3 : rowHeight - 8}
            rx="2"
          >
            <title>{`${span.state}, ${duration(span.to - span.from)}`}</title>
          </rect>
        ))}
        {end !== undefined && <circle class={`end kind-${kindOf(state)}`} cx={x(end)} cy={y + rowHeight / 2} r="4.5" />}
      </g>
    </g>
  )
}
