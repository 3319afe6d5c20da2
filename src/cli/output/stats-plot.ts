import { totalmem } from 'node:os'
import type { Settings } from 'simple-ascii-chart'
import type { Stat } from '../../stats/stat.ts'
import type { Colors } from './colors.ts'

/** How a plot is drawn. */
export interface PlotStyle {
  /** In characters, of the whole plot. */
  readonly width: number
  /** Rows of each chart; of an odd number one is in the middle, where a label goes. */
  readonly height: number
  readonly colors: Colors
  /** How to get samples of a run that has none. */
  readonly hint?: string | undefined
}

type Point = [seconds: number, value: number]

const MiB = 2 ** 20
/** A label of the value axis, with what the chart puts beside it. */
const labelWidth = 8
const frame = 4

/** The CPU and the memory of one run over its time, as lines for a terminal. */
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
      ? ['CPU: too short to tell']
      : await chart(`CPU: mean ${percent(mean)}, peak ${percent(greatest(cpu))} of a core`, cpu, percent, style)),
    ...(await chart(memoryTitle(stats, greatest(memory)), memory, megabytes, style)),
  ]
}

const noSamples = ({ hint }: PlotStyle) =>
  `no samples: it ended before the first one${hint === undefined ? '' : `; ${hint}`}`

/** The curve never comes to a peak that no sample saw, which has to be said. `sampled` is the most that one saw. */
function memoryTitle(stats: readonly Stat[], sampled: number): string {
  const peak = stats.reduce((most, { metrics: { mem_peak = 0 } }) => Math.max(most, mem_peak / MiB), sampled)
  const limit = stats.at(-1)?.metrics.mem_limit ?? 0
  // Without a limit of its own a run has the memory of the machine, which says nothing of the run.
  const of = limit > 0 && limit < totalmem() ? ` of ${megabytes(limit / MiB)}` : ''
  return `Memory: peak ${megabytes(peak)}${of}${megabytes(peak) === megabytes(sampled) ? '' : ', between two samples'}`
}

/** A chart of next to nothing has no finer scale than this: 10 %, 2 MiB. */
const finest = { percent: 10, megabytes: 2 }

const percent = (value: number) => `${Math.round(value)} %`
const megabytes = (value: number) => `${Number(value.toFixed(value < 10 ? 1 : 0))} MiB`

async function chart(
  title: string,
  points: readonly Point[],
  label: (value: number) => string,
  { width, height, colors }: PlotStyle,
): Promise<string[]> {
  const [first, last] = [points[0], points.at(-1)]
  // One point makes no line.
  if (first === undefined || last === undefined || last[0] === first[0]) return [colors.bold(title)]
  const top = niceTop(
    points.reduce((most, [, value]) => Math.max(most, value), 0),
    label === percent ? finest.percent : finest.megabytes,
  )
  const settings: Settings = {
    width: Math.max(10, width - labelWidth - frame),
    height,
    yRange: [0, top],
    customYAxisTicks: [0, top / 2, top],
    customXAxisTicks: [first[0], last[0]],
    formatter: (value, { axis }) => (axis === 'y' ? label(value) : `${value.toFixed(1)}s`),
  }
  // It is loaded by those who want plots only.
  const { plot } = await import('simple-ascii-chart')
  const lines = plot([...points], settings).split('\n')
  const drawn = lines.map(line => line.trimEnd()).filter(line => line !== '' && line.trim() !== '▲')
  // The charts of a run stand below each other.
  const margin = ' '.repeat(Math.max(0, labelWidth - Math.max(...drawn.map(line => line.search(/[┤│]/)))))
  return [colors.bold(title), ...drawn.map(line => paint(margin + line, colors))]
}

/** The axes are there to be looked up, not to be seen. */
function paint(line: string, colors: Colors): string {
  const [, axis = line, curve = ''] = /^(\s*(?:\S+ \S+)?\s*[┤│])(.*)$/.exec(line) ?? []
  return colors.dim(axis) + (curve === '' ? '' : colors.cyan(curve))
}

/** The least of 2, 4, 10, 20, 40, … that is less than neither: its half is whole, and no longer to write. */
function niceTop(most: number, least: number): number {
  const value = Math.max(most, least)
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4].find(step => step * power >= value) ?? 10) * power
}

/** The width of a plot: the terminal's, within reason. A terminal that is only simulated may say 0. */
export function plotWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns || 80, 40), 120)
}
