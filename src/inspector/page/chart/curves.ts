import type { Point } from './label-places.ts'

/** A line as it is drawn: an SVG path, and points along it, close enough to reckon with. */
export interface Line {
  readonly path: string
  readonly points: readonly Point[]
}

/** How far apart the points are, about, in px. */
const apart = 8

/** A smooth line through points: quadratic curves from middle to middle. */
export function smooth(corners: readonly Point[]): Line {
  const [first, ...rest] = corners
  const last = rest.at(-1)
  if (first === undefined || last === undefined) return { path: '', points: [] }
  const inner = rest.slice(0, -1)
  if (inner.length === 0)
    return { path: `M ${at(first)} L ${at(last)}`, points: sampled(first, middle(first, last), last) }
  let from = first
  const parts: string[] = []
  const points: Point[] = []
  for (const [index, corner] of inner.entries()) {
    const next = inner[index + 1]
    const to = next === undefined ? last : middle(corner, next)
    parts.push(`Q ${at(corner)} ${at(to)}`)
    points.push(...sampled(from, corner, to))
    from = to
  }
  return { path: `M ${at(first)} ${parts.join(' ')}`, points }
}

/** A line from the right side of a box back to it. */
export function loop(right: number, y: number): Line {
  const out = right + 26
  return {
    path: `M ${at({ x: right, y: y - 7 })} C ${out} ${y - 16} ${out} ${y + 16} ${at({ x: right, y: y + 7 })}`,
    points: [
      { x: right, y: y - 7 },
      { x: right + 18, y: y - 6 },
      { x: right + 20, y },
      { x: right + 18, y: y + 6 },
      { x: right, y: y + 7 },
    ],
  }
}

const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`

const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })

/** Points of a quadratic curve. */
function sampled(from: Point, corner: Point, to: Point): Point[] {
  const length = Math.hypot(corner.x - from.x, corner.y - from.y) + Math.hypot(to.x - corner.x, to.y - corner.y)
  const samples = Math.max(4, Math.ceil(length / apart))
  return Array.from({ length: samples + 1 }, (_, index) => {
    const t = index / samples
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2]
    return { x: a * from.x + b * corner.x + c * to.x, y: a * from.y + b * corner.y + c * to.y }
  })
}
