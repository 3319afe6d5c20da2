import { eventName } from '../../../utils/actors/mermaid.ts'
import { arrowKey, type Counts, hops, type Step } from '../../protocol.ts'
import { type Box, placeLabels } from './label-places.ts'
import { boxOf, type TextWidth, type Way, type Word, waysOf } from './label-text.ts'
import type { Chart, PlacedArrow, PlacedState } from './layout.ts'

/** What an arrow is to who looks: it was taken last, it is about the state that is pointed at, it was taken before, or none of these. */
export type Kind = 'taken' | 'near' | 'used' | ''

/** What decides which labels are shown. */
export interface Seen {
  readonly current: readonly string[]
  /** By arrow, the event of the last step that led along it; empty for what followed by itself. */
  readonly taken: ReadonlyMap<string, string>
  readonly counts: Counts
  /** By arrow, the events that are known to have led along it, where all are known. */
  readonly events: ReadonlyMap<string, ReadonlySet<string>>
  /** The state that is pointed at. */
  readonly focus: string | undefined
}

/** A label, and where it stands. */
export interface PlacedLabel {
  readonly key: string
  readonly kind: Kind
  readonly way: Way
  readonly x: number
  readonly y: number
}

export function kindOf({ key, from, to }: PlacedArrow, { taken, counts, focus }: Seen): Kind {
  if (taken.has(key)) return 'taken'
  if (focus !== undefined && (from === focus || to === focus)) return 'near'
  return counts.arrows[key] ? 'used' : ''
}

const ranks: readonly Kind[] = ['taken', 'near', '', 'used']

/** What is said, arrow by arrow, what matters most first: what was taken last, what is pointed at or may come next, and what happened before. */
export function labelsOf({ arrows }: Chart, seen: Seen): { arrow: PlacedArrow; kind: Kind; words: readonly Word[] }[] {
  const { current, focus } = seen
  return (
    arrows
      .map(arrow => ({ arrow, kind: kindOf(arrow, seen) }))
      .filter(({ arrow, kind }) =>
        focus === undefined ? kind !== '' || current.includes(arrow.from) : kind === 'taken' || kind === 'near',
      )
      // Among equals the shortest arrows first: they have the fewest places for a label.
      .toSorted(
        (a, b) => ranks.indexOf(a.kind) - ranks.indexOf(b.kind) || a.arrow.points.length - b.arrow.points.length,
      )
      .map(({ arrow, kind }) => ({ arrow, kind, words: wordsOf(arrow, kind, seen) }))
      .filter(({ words }) => words.length > 0)
  )
}

function wordsOf({ key, from, words }: PlacedArrow, kind: Kind, { taken, counts, events, current, focus }: Seen) {
  const event = taken.get(key)
  const mayCome = focus === undefined && current.includes(from)
  const happened = kind === 'used' && !mayCome ? events.get(key) : undefined
  const said = words.filter(word => (event === undefined ? (happened?.has(word.event) ?? true) : word.event === event))
  // An event that the machine takes by a wildcard is in no word of its own.
  const all = said.length > 0 || !event ? said : [{ text: eventName(event), event }]
  const times = counts.arrows[key] ?? 0
  return times < 2 ? all : all.map((word, index) => (index === all.length - 1 ? { ...word, times } : word))
}

/** How much it matters that no label of another lies on an arrow: most where it is drawn strongest. */
const weightOf = (arrow: PlacedArrow, seen: Seen) =>
  kindOf(arrow, seen) === '' ? (seen.focus === undefined ? 1 : 0.2) : 4

/** Places the labels that are shown together. */
export function placed(chart: Chart, seen: Seen, widthOf: TextWidth): PlacedLabel[] {
  const labels = labelsOf(chart, seen).map(label => ({ ...label, ways: waysOf(label.words) }))
  const wanted = labels.map(({ arrow: { key, points, to }, ways }) => ({
    key,
    points,
    sizes: ways.map(way => boxOf(way, widthOf)),
    best: to === seen.focus ? 0.3 : 0.5,
  }))
  const boxes = chart.states.flatMap(state => [state, ...badgeOf(state, seen.counts.states[state.name] ?? 0)])
  const lines = chart.arrows.map(arrow => ({ ...arrow, weight: weightOf(arrow, seen) }))
  const places = placeLabels(wanted, { width: chart.width, height: chart.height, boxes, lines })
  return labels.flatMap(({ arrow: { key }, kind, ways }, index) => {
    const place = places[index]
    const way = ways[place?.size ?? 0]
    return place === undefined || way === undefined ? [] : [{ key, kind, way, x: place.x, y: place.y }]
  })
}

/** Every label, where a chart that was laid out for labels has room for it. */
export function allPlaced({ arrows }: Chart, seen: Seen): PlacedLabel[] {
  return arrows.flatMap(arrow => {
    const { key, label } = arrow
    const times = seen.counts.arrows[key] ?? 0
    const [way] = waysOf(arrow.words)
    if (label === undefined || way === undefined) return []
    const kind = kindOf(arrow, seen)
    return [{ key, kind, way: times < 2 ? way : withTimes(way, times), ...label }]
  })
}

const withTimes = (way: Way, times: number): Way =>
  way.map((line, row) =>
    row < way.length - 1 ? line : line.map((word, index) => (index < line.length - 1 ? word : { ...word, times })),
  )

/** Where the number of a state's visits stands; nothing for none. */
export function badgeOf({ x, y, width, height }: PlacedState, count: number): Box[] {
  if (count === 0) return []
  return [{ x: x + width / 2 - 3, y: y - height / 2, width: 12 + String(count).length * 6, height: 16 }]
}

/** By the arrows that a step took, its event; what followed by itself has none. */
export const takenBy = (step: Step | undefined): ReadonlyMap<string, string> =>
  new Map(
    step === undefined
      ? []
      : hops(step).map(([from, to], index) => [arrowKey(from, to), index === 0 ? step.event : ''] as const),
  )
