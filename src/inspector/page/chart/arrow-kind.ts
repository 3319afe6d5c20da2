import { arrowsOf, type Counts, type Step } from '../../protocol.ts'
import type { Chart, PlacedArrow } from './layout.ts'

/**
 * What an arrow is to the viewer: taken last, about the state pointed at, taken before, possible next, or none of
 * these.
 */
export type ArrowKind = 'taken' | 'near' | 'used' | 'next' | ''

/** Weak kinds first: what matters most is drawn last, on top. */
export const arrowKinds: readonly ArrowKind[] = ['', 'next', 'used', 'near', 'taken']

/** What decides the kind of an arrow. */
export interface Shown {
  /** The innermost states that are lit. */
  readonly current: readonly string[]
  /** The step that led to them. */
  readonly step: Step | undefined
  readonly counts: Counts
  /** The state that is pointed at. */
  readonly focus: string | undefined
}

export function kindOf(
  { key, from, to }: PlacedArrow,
  { tree }: Chart,
  { current, step, counts, focus }: Shown,
): ArrowKind {
  if (step !== undefined && arrowsOf(step).includes(key)) return 'taken'
  // An arrow of a box belongs to every state in it.
  if (focus !== undefined && (tree.pathOf(focus).includes(from) || to === focus)) return 'near'
  if (counts.arrows[key]) return 'used'
  return current.some(state => tree.pathOf(state).includes(from)) ? 'next' : ''
}
