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

/** What wants a label: a line, and how large the label is in each of the ways in which it can be broken into lines, best first. */
export interface Labelled {
  readonly key: string
  readonly points: readonly Point[]
  readonly sizes: readonly { readonly width: number; readonly height: number }[]
  /** The part of the line where it stands best: away from where lines come together. */
  readonly best: number
}

/** What is drawn already. */
export interface Drawn {
  readonly width: number
  readonly height: number
  /** What no label may hide. */
  readonly boxes: readonly Box[]
  /** What a label had better not lie on, and how much that matters: it seems to belong to what it lies on. */
  readonly lines: readonly { readonly key: string; readonly points: readonly Point[]; readonly weight: number }[]
}

/** Where a label stands, and in which of its ways. */
export interface Place extends Point {
  readonly size: number
}

/** Where along a line a label may stand. */
const parts = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9]
/** How far beside its line a label stands, in px. */
const beside = 4
/** How much of a label may be hidden, in px². */
const tolerated = 4

/**
 * Places labels that are shown together, the first ones first: on their lines or beside them, where they hide neither what is drawn nor each other. One that finds no
 * such place has none: it is better not seen than not read.
 */
export function placeLabels(labels: readonly Labelled[], drawn: Drawn): (Place | undefined)[] {
  const placed: Box[] = []
  return labels.map(label => {
    let best: { readonly place: Place; readonly box: Box } | undefined
    let least = Infinity
    for (const { place, box, cost } of candidatesOf(label)) {
      if (cost >= least) continue
      if (hidden(box, [...drawn.boxes, ...placed]) + outside(box, drawn) > tolerated) continue
      const whole = cost + crossed(box, label.key, drawn.lines)
      if (whole >= least) continue
      least = whole
      best = { place, box }
    }
    if (best !== undefined) placed.push(best.box)
    return best?.place
  })
}

function* candidatesOf({ points, sizes, best }: Labelled): Generator<{ place: Place; box: Box; cost: number }> {
  for (const [size, { width, height }] of sizes.entries()) {
    for (const part of parts) {
      const { x, y, across } = pointAt(points, part)
      const away = (Math.abs(across.x) * width + Math.abs(across.y) * height) / 2 + beside
      for (const side of [0, 1, -1]) {
        const [left, top] = [x + side * across.x * away, y + side * across.y * away]
        // A block of many lines hides the line that it stands on.
        const cost = size * 8 + Math.abs(part - best) * 30 + (side === 0 ? (height > 36 ? 12 : 0) : 5)
        yield { place: { x: left, y: top, size }, box: { x: left, y: top, width, height }, cost }
      }
    }
  }
}

const hidden = (box: Box, others: readonly Box[]) => others.reduce((sum, other) => sum + overlap(box, other), 0)

/** The area of a box that lies outside of the drawing. */
function outside({ x, y, width, height }: Box, drawn: Drawn): number {
  const across = Math.max(0, width / 2 - x) + Math.max(0, x + width / 2 - drawn.width)
  const down = Math.max(0, height / 2 - y) + Math.max(0, y + height / 2 - drawn.height)
  return across * height + down * width
}

/** How much of other lines lies below a box and close to it. */
function crossed({ x, y, width, height }: Box, own: string, lines: Drawn['lines']): number {
  let count = 0
  for (const { key, points, weight } of lines) {
    if (key === own) continue
    for (const point of points) {
      if (Math.abs(point.x - x) < width / 2 + beside && Math.abs(point.y - y) < height / 2 + beside) count += weight
    }
  }
  return count
}

/** The area that two boxes share. */
function overlap(a: Box, b: Box): number {
  const across = (a.width + b.width) / 2 - Math.abs(a.x - b.x)
  const down = (a.height + b.height) / 2 - Math.abs(a.y - b.y)
  return across > 0 && down > 0 ? across * down : 0
}

/** The point of a line after a part of its length, and the direction across the line there. */
function pointAt(points: readonly Point[], part: number): Point & { readonly across: Point } {
  const lengths = points
    .slice(1)
    .map(({ x, y }, index) => Math.hypot(x - (points[index]?.x ?? x), y - (points[index]?.y ?? y)))
  let left = lengths.reduce((sum, length) => sum + length, 0) * part
  for (const [index, length] of lengths.entries()) {
    const [a, b] = [points[index], points[index + 1]]
    if (a === undefined || b === undefined) break
    if (left <= length && length > 0) {
      const [x, y] = [(b.x - a.x) / length, (b.y - a.y) / length]
      return { x: a.x + x * left, y: a.y + y * left, across: { x: -y, y: x } }
    }
    left -= length
  }
  return { ...(points.at(-1) ?? { x: 0, y: 0 }), across: { x: 1, y: 0 } }
}
