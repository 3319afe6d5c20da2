/** A point of a drawing, in px. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A box by its middle. */
export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** What wants a label: a line, and how large the label is. */
export interface Labelled {
  readonly from: string
  readonly points: readonly Point[]
  readonly width: number
  readonly height: number
}

/** Where along a line a label may stand, best first. */
const parts = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78]

/** Puts each label on its line where it hides least: no state, and no label that is shown together with it, which are those of arrows from the same state. */
export function placeLabels(arrows: readonly Labelled[], states: readonly Box[]): Point[] {
  const placed: { readonly from: string; readonly box: Box }[] = []
  return arrows.map(({ from, points, width, height }) => {
    let best: Box = { ...pointAt(points, 0.5), width, height }
    let least = Infinity
    for (const part of parts) {
      const box = { ...pointAt(points, part), width, height }
      const hidden =
        states.reduce((sum, state) => sum + 3 * overlap(box, state), 0) +
        placed.reduce((sum, other) => sum + (other.from === from ? 2 : 0.3) * overlap(box, other.box), 0)
      if (hidden < least) {
        least = hidden
        best = box
      }
      if (hidden === 0) break
    }
    placed.push({ from, box: best })
    return { x: best.x, y: best.y }
  })
}

/** The area that two boxes share. */
function overlap(a: Box, b: Box): number {
  const across = (a.width + b.width) / 2 - Math.abs(a.x - b.x)
  const down = (a.height + b.height) / 2 - Math.abs(a.y - b.y)
  return across > 0 && down > 0 ? across * down : 0
}

/** The point of a line after a part of its length. */
function pointAt(points: readonly Point[], part: number): Point {
  const lengths = points
    .slice(1)
    .map(({ x, y }, index) => Math.hypot(x - (points[index]?.x ?? x), y - (points[index]?.y ?? y)))
  let left = lengths.reduce((sum, length) => sum + length, 0) * part
  for (const [index, length] of lengths.entries()) {
    const [a, b] = [points[index], points[index + 1]]
    if (a === undefined || b === undefined) break
    if (left <= length && length > 0) {
      return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length }
    }
    left -= length
  }
  return points.at(-1) ?? { x: 0, y: 0 }
}
