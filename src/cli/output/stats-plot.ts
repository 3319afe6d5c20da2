import { totalmem } from 'node:os'
import type { Settings } from 'simple-ascii-chart'
import type { Stat } from '../../stats/stat.ts'
import type { Colors } from './colors.ts'

/** The size and colors of a plot. */
export interface PlotStyle {
  /** Width of the whole plot, in characters. */
  readonly width: number
  /** Rows of each chart. Odd, so that the middle row can have a label. */
  readonly height: number
  readonly colors: Colors
  /** How to get samples of a run that has none. */
  readonly hint?: string | undefined
}

type Point = [seconds: number, value: number]

const MiB = 2 ** 20
/** Widths of a label of the value axis, and of the frame beside it. */
const labelWidth = 8
const frameWidth = 4

/** Plots the CPU and the memory of a run over time, as lines for a terminal. */
export async function plotStats(stats: readonly Stat[], style: PlotStyle): Promise<string[]> {
  const [first] = stats
  if (first === undefined) return [noSamples(style)]
  const series = (name: string, unit: number) =>
    stats.flatMap(({ timestamp, metrics: { [name]: value } }): Point[] =>
      value === undefined ? [] : [[(timestamp - first.timestamp) / 1000, value / unit]],
    )
  const cpu = series('cpu_total', 1)
  const memory = series('mem_usage', MiB)
  const greatest = (points: readonly Point[]) => points.reduce((most, [, value]) => Math.max(most, value), 0)
  const mean = cpu.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, cpu.length)
  return [
    ...(cpu.length === 0
      ? ['CPU: too short to measure']
      : await chart(`CPU: mean ${percent(mean)}, peak ${percent(greatest(cpu))} of a core`, cpu, percent, style)),
    ...(await chart(memoryTitle(stats, greatest(memory)), memory, megabytes, style)),
  ]
}

const noSamples = ({ hint }: PlotStyle) =>
  `no samples: it ended before the first one${hint === undefined ? '' : `; ${hint}`}`

/** The title names a peak above the curve, which occurred between two samples. `sampled` is the highest sample. */
function memoryTitle(stats: readonly Stat[], sampled: number): string {
  const peak = stats.reduce((most, { metrics: { mem_peak = 0 } }) => Math.max(most, mem_peak / MiB), sampled)
  const limit = stats.at(-1)?.metrics.mem_limit ?? 0
  // Without a limit, the engine reports the memory of the machine.
  const of = limit > 0 && limit < totalmem() ? ` of ${megabytes(limit / MiB)}` : ''
  return `Memory: peak ${megabytes(peak)}${of}${megabytes(peak) === megabytes(sampled) ? '' : ', between two samples'}`
}

/** The smallest scales: 10 %, 2 MiB. */
const minScale = { percent: 10, megabytes: 2 }

const percent = (value: number) => `${Math.round(value)} %`
const megabytes = (value: number) => `${Number(value.toFixed(value < 10 ? 1 : 0))} MiB`

async function chart(
  title: string,
  points: readonly Point[],
  label: (value: number) => string,
  { width, height, colors }: PlotStyle,
): Promise<string[]> {
  const [first, last] = [points[0], points.at(-1)]
  // One point is not a line.
  if (first === undefined || last === undefined || last[0] === first[0]) return [colors.bold(title)]
  const top = scaleTop(
    points.reduce((most, [, value]) => Math.max(most, value), 0),
    label === percent ? minScale.percent : minScale.megabytes,
  )
  const settings: Settings = {
    width: Math.max(10, width - labelWidth - frameWidth),
    height,
    yRange: [0, top],
    customYAxisTicks: [0, top / 2, top],
    customXAxisTicks: [first[0], last[0]],
    formatter: (value, { axis }) => (axis === 'y' ? label(value) : `${value.toFixed(1)}s`),
  }
  // Loaded only for plots.
  const { plot } = await import('simple-ascii-chart')
  const lines = plot([...points], settings).split('\n')
  const drawn = lines.map(line => line.trimEnd()).filter(line => line !== '' && line.trim() !== '▲')
  // Aligns the charts of a run.
  const margin = ' '.repeat(Math.max(0, labelWidth - Math.max(...drawn.map(line => line.search(/[┤│]/)))))
  return [colors.bold(title), ...drawn.map(line => colorLine(margin + line, colors))]
}

/** Dims the axes and colors the curve. */
function colorLine(line: string, colors: Colors): string {
  const [, axis = line, curve = ''] = /^(\s*(?:\S+ \S+)?\s*[┤│])(.*)$/.exec(line) ?? []
  return colors.dim(axis) + (curve === '' ? '' : colors.cyan(curve))
}

/**
 * The smallest of 2, 4, 10, 20, 40, … that is not below either value. Its half is a whole number with no more digits.
 */
function scaleTop(most: number, least: number): number {
  const value = Math.max(most, least)
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4].find(step => step * power >= value) ?? 10) * power
}

/** The width of a plot: that of the terminal, from 40 to 120 characters. Some simulated terminals report 0. */
export function plotWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns || 80, 40), 120)
}
