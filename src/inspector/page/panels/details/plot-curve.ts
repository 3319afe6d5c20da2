/** A value at a time. */
export interface Sampled {
  readonly timestamp: number
  readonly value: number
}

/** A value over time, as it is drawn in a box. */
export interface Curve {
  readonly peak: number
  /** When it begins, Unix ms, and how long it is, ms. */
  readonly first: number
  readonly span: number
  readonly x: (timestamp: number) => number
  /** The points of the line, and of the area below it, from the first sample to the last. */
  readonly line: string
  readonly area: string
}

/** Undefined without any sample. A single sample is drawn as a point in the middle. */
export function curveOf(points: readonly Sampled[], width: number, height: number): Curve | undefined {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return undefined
  const span = last.timestamp - first.timestamp
  const peak = points.reduce((most, { value }) => Math.max(most, value), first.value)
  const most = Math.max(peak, 0) * 1.1 || 1
  const x = (timestamp: number) => (span === 0 ? width / 2 : ((timestamp - first.timestamp) / span) * width)
  const y = (value: number) => height - (value / most) * height
  const at = ({ timestamp, value }: Sampled) => `${x(timestamp).toFixed(1)},${y(value).toFixed(1)}`
  const line = points.map(at).join(' ')
  const area = `${x(first.timestamp).toFixed(1)},${height} ${line} ${x(last.timestamp).toFixed(1)},${height}`
  return { peak, first: first.timestamp, span, x, line, area }
}

/** The sample drawn nearest to a position. */
export function nearest(points: readonly Sampled[], { x }: Curve, place: number): Sampled | undefined {
  return points.reduce<Sampled | undefined>((best, next) => {
    if (best === undefined) return next
    return Math.abs(x(next.timestamp) - place) < Math.abs(x(best.timestamp) - place) ? next : best
  }, undefined)
}
