import { useState } from 'preact/hooks'
import type { History } from '../../data/past/history.ts'
import { bytes, clock, duration, percent } from '../../view/format.ts'
import { curveOf, nearest } from './plot-curve.ts'

const width = 320
const height = 84

interface PlotProps {
  readonly title: string
  readonly class: string
  readonly metric: (metrics: Readonly<Record<string, number>>) => number | undefined
  readonly format: (value: number) => string
  readonly stats: History['stats']
}

/** CPU and memory of one actor over its life. */
export function Plots({ stats }: { readonly stats: History['stats'] }) {
  if (stats.length === 0)
    return <p class="hint">No samples. They are taken while the actor runs and a page or a recording watches.</p>
  return (
    <div class="plots">
      <Plot title="CPU" class="cpu" metric={({ cpu_total }) => cpu_total} format={percent} stats={stats} />
      <Plot
        title="Memory"
        class="mem"
        metric={({ mem_working_set, mem_usage }) => mem_working_set ?? mem_usage}
        format={bytes}
        stats={stats}
      />
    </div>
  )
}

function Plot({ title, class: name, metric, format, stats }: PlotProps) {
  const [at, point] = useState<number>()
  const points = stats.flatMap(({ timestamp, metrics }) => {
    const value = metric(metrics)
    return value === undefined ? [] : [{ timestamp, value }]
  })
  const curve = curveOf(points, width, height)
  const last = points.at(-1)
  // The first sample of a run has no CPU value yet, so a very short run has none to draw.
  if (curve === undefined || last === undefined) {
    return (
      <figure class={`plot ${name}`}>
        <figcaption>
          <span>{title}</span>
          <b>–</b>
        </figcaption>
        <p class="hint too-short">too short to tell</p>
      </figure>
    )
  }
  const looked = at === undefined ? undefined : nearest(points, curve, at)
  const shown = looked ?? last
  return (
    <figure class={`plot ${name}`}>
      <figcaption>
        <span>{title}</span>
        <b>{format(shown.value)}</b>
        <span class="peak">
          {looked === undefined ? `peak ${format(curve.peak)}` : `at ${duration(looked.timestamp - curve.first)}`}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: now ${format(shown.value)}, peak ${format(curve.peak)}`}
        onPointerMove={event => {
          const { left, width: drawn } = event.currentTarget.getBoundingClientRect()
          point(((event.clientX - left) / drawn) * width)
        }}
        onPointerLeave={() => point(undefined)}
      >
        {[0.25, 0.5, 0.75].map(part => (
          <line key={part} class="grid" x1="0" x2={width} y1={height * part} y2={height * part} />
        ))}
        <polygon class="area" points={curve.area} />
        {points.length === 1 ? (
          <path class="dot" d={`M ${curve.line} h 0.01`} vector-effect="non-scaling-stroke" />
        ) : (
          <polyline class="line" points={curve.line} vector-effect="non-scaling-stroke" />
        )}
        {looked !== undefined && (
          <line
            class="cross"
            x1={curve.x(looked.timestamp)}
            x2={curve.x(looked.timestamp)}
            y1="0"
            y2={height}
            vector-effect="non-scaling-stroke"
          />
        )}
      </svg>
      <div class="times" aria-hidden="true">
        {points.length === 1 ? (
          <span class="only">{clock(curve.first)}, the only sample</span>
        ) : (
          [0, 0.5, 1].map(part => (
            <span key={part} title={clock(curve.first + part * curve.span)}>
              {duration(part * curve.span)}
            </span>
          ))
        )}
      </div>
    </figure>
  )
}
