import { useState } from 'preact/hooks'
import { bytes, duration, percent } from './format.ts'
import type { History } from './steps.ts'

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
    return <p class="hint">No samples: they are taken while it runs and a page or a recording watches.</p>
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
  const first = points[0]?.timestamp ?? 0
  const span = Math.max(1, (points.at(-1)?.timestamp ?? 0) - first)
  const most = Math.max(...points.map(({ value }) => value), 0) * 1.1 || 1
  const x = (timestamp: number) => (points.length === 1 ? width / 2 : ((timestamp - first) / span) * width)
  const y = (value: number) => height - (value / most) * height
  const line = points.map(({ timestamp, value }) => `${x(timestamp).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const near =
    at === undefined
      ? points.at(-1)
      : points.reduce(
          (best, next) => (Math.abs(x(next.timestamp) - at) < Math.abs(x(best.timestamp) - at) ? next : best),
          points[0] ?? { timestamp: 0, value: 0 },
        )
  const peak = Math.max(...points.map(({ value }) => value))
  return (
    <figure class={`plot ${name}`}>
      <figcaption>
        <span>{title}</span>
        <b>{near === undefined ? '–' : format(near.value)}</b>
        <span class="peak">
          {near !== undefined && at !== undefined ? `at ${duration(near.timestamp - first)}` : `peak ${format(peak)}`}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: now ${near === undefined ? 'unknown' : format(near.value)}, peak ${format(peak)}`}
        onPointerMove={event => {
          const { left, width: drawn } = event.currentTarget.getBoundingClientRect()
          point(((event.clientX - left) / drawn) * width)
        }}
        onPointerLeave={() => point(undefined)}
      >
        {[0.25, 0.5, 0.75].map(part => (
          <line key={part} class="grid" x1="0" x2={width} y1={height * part} y2={height * part} />
        ))}
        <polygon class="area" points={`0,${height} ${line} ${width},${height}`} />
        <polyline class="line" points={line} vector-effect="non-scaling-stroke" />
        {at !== undefined && near !== undefined && (
          <line
            class="cross"
            x1={x(near.timestamp)}
            x2={x(near.timestamp)}
            y1="0"
            y2={height}
            vector-effect="non-scaling-stroke"
          />
        )}
      </svg>
    </figure>
  )
}
