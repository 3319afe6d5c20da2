import type { Point } from './layout.ts'

/** How round a corner is, in px. */
const radius = 6

/** A line through points, with rounded corners, as an SVG path. */
export function pathOf(points: readonly Point[]): string {
  const parts = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (before === undefined) return `M ${at(point)}`
    if (after === undefined) return `L ${at(point)}`
    return `L ${at(towards(point, before))} Q ${at(point)} ${at(towards(point, after))}`
  })
  return parts.join(' ')
}

/** The point at most a corner's radius, and at most half of the way, from one point to another. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const part = length === 0 ? 0 : Math.min(radius / length, 0.5)
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
