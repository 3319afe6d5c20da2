import type { Row } from './model.ts'
import { isEnd, kindOf, type StateKind } from './state-kinds.ts'

/** A span of an actor's life in states of one kind. */
export interface Span {
  readonly kind: StateKind
  readonly state: string
  readonly from: number
  readonly to: number
}

/** An actor's life as spans, up to its end or to now. */
export function spansOf({ path, over }: Row, now: number): Span[] {
  const spans: Span[] = []
  for (const [index, [at, state]] of path.entries()) {
    const end = path[index + 1]?.[0] ?? (over ? at : now)
    const kind = kindOf(state)
    // Once the end is decided, the rest is clean-up and is drawn as such.
    const shown = isEnd(state) ? 'over' : kind
    const last = spans.at(-1)
    if (last !== undefined && last.kind === shown) spans[spans.length - 1] = { ...last, to: end }
    else spans.push({ kind: shown, state, from: at, to: end })
  }
  return spans
}

/** Round times for the axis of a timeline, about `about` of them. */
export function ticks(from: number, to: number, about: number): number[] {
  const rough = (to - from) / Math.max(1, about)
  const step = steps.find(step => step >= rough) ?? Math.ceil(rough / 3_600_000) * 3_600_000
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step)
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]
