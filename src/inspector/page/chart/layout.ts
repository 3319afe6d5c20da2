import { Graph, layout } from '@dagrejs/dagre'
import { arrowKey, type MachineInfo } from '../../protocol.ts'
import { type Line, loop, smooth } from './curves.ts'
import type { Box, Point } from './label-places.ts'
import { boxOf, type TextWidth, type Word, waysOf } from './label-text.ts'

/** A state, placed. */
export interface PlacedState extends Box {
  readonly name: string
  readonly final: boolean
}

/** All transitions from one state to another, drawn as one arrow. */
export interface PlacedArrow extends Line {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly words: readonly Word[]
  /** Where its label has room, in a chart that was laid out for labels. */
  readonly label: Point | undefined
}

export interface Chart {
  readonly width: number
  readonly height: number
  readonly states: readonly PlacedState[]
  readonly arrows: readonly PlacedArrow[]
  /** Where the arrow from nowhere to the first state points. */
  readonly start: Point
}

const stateHeight = 28
export const nameSize = 14
const margin = 16
/** A chart that is narrower has some air on both sides, for labels beside its arrows. */
const leastWidth = 440

const charts = { wide: new WeakMap<MachineInfo, Chart>(), close: new WeakMap<MachineInfo, Chart>() }

/** Lays a machine out, once: with room for every label, or close together, for labels that are only shown where they matter. */
export function chartOf(machine: MachineInfo, roomForLabels: boolean, widthOf: TextWidth): Chart {
  const laidOut = charts[roomForLabels ? 'wide' : 'close']
  const known = laidOut.get(machine)
  if (known !== undefined) return known
  const chart = layOut(machine, roomForLabels, widthOf)
  laidOut.set(machine, chart)
  return chart
}

function layOut(machine: MachineInfo, roomForLabels: boolean, widthOf: TextWidth): Chart {
  const { states, finals, initial } = machine
  const graph = new Graph({ multigraph: false })
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 22,
    edgesep: roomForLabels ? 14 : 10,
    ranksep: roomForLabels ? 26 : 20,
    marginx: margin,
    marginy: margin + 10,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const name of states) {
    graph.setNode(name, { width: Math.max(64, Math.ceil(widthOf(name, nameSize)) + 30), height: stateHeight })
  }
  const arrows = wordsOf(machine)
  for (const { from, to, words } of arrows) {
    if (from === to) continue
    // The way of a life is drawn straight; what may happen on it gives way.
    const weight = states.indexOf(to) - states.indexOf(from) === 1 ? 8 : 1
    const [way] = waysOf(words)
    const room = roomForLabels && way !== undefined ? { ...boxOf(way, widthOf), labelpos: 'c' } : {}
    graph.setEdge(from, to, { ...room, weight })
  }
  layout(graph)
  const { width: narrow = 0 } = graph.graph() as { width?: number }
  if (!roomForLabels && narrow < leastWidth) {
    graph.setGraph({ ...graph.graph(), marginx: margin + (leastWidth - narrow) / 2 })
    layout(graph)
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  const placed = states.map(name => {
    const { x, y, width, height } = graph.node(name) as Box
    return { name, x, y, width, height, final: finals.includes(name) }
  })
  const loops = arrows.filter(({ from, to }) => from === to)
  const placedArrows = arrows.map(arrow => {
    if (loops.includes(arrow)) return loopAt(arrow, placed, widthOf)
    const edge = graph.edge(arrow.from, arrow.to) as { points: Point[]; x?: number; y?: number }
    const label = edge.x === undefined || edge.y === undefined ? undefined : { x: edge.x, y: edge.y }
    return { ...arrow, ...smooth(edge.points), label }
  })
  const first = placed.find(({ name }) => name === initial)
  // What stands beside a state has no room of its own in the layout.
  const right =
    loops.length === 0 || !roomForLabels ? 0 : Math.max(...placedArrows.map(arrow => rightOf(arrow, widthOf)))
  return {
    width: Math.max(width, right),
    height,
    states: placed,
    arrows: placedArrows,
    start: { x: first?.x ?? 0, y: (first?.y ?? 0) - stateHeight / 2 },
  }
}

type Arrow = Pick<PlacedArrow, 'key' | 'from' | 'to' | 'words'>

/** The arrows of a machine, one for each pair of states. */
function wordsOf({ arrows }: MachineInfo): Arrow[] {
  const byKey = new Map<string, Arrow & { words: Word[] }>()
  for (const { from, to, event, label } of arrows) {
    const key = arrowKey(from, to)
    const entry = byKey.get(key) ?? { key, from, to, words: [] }
    for (const text of label.split(', ').filter(Boolean)) {
      if (!entry.words.some(word => word.text === text)) entry.words.push({ text, event })
    }
    byKey.set(key, entry)
  }
  return [...byKey.values()]
}

/** An arrow from a state to itself, at its right side, with its label beside it. */
function loopAt(arrow: Arrow, states: readonly PlacedState[], widthOf: TextWidth): PlacedArrow {
  const { x, y, width } = states.find(({ name }) => name === arrow.from) ?? { x: 0, y: 0, width: 0 }
  const right = x + width / 2
  const [way] = waysOf(arrow.words)
  const label = { x: right + 26 + (way === undefined ? 0 : boxOf(way, widthOf).width / 2), y }
  return { ...arrow, ...loop(right, y), label }
}

function rightOf({ words, label }: PlacedArrow, widthOf: TextWidth): number {
  const [way] = waysOf(words)
  return label === undefined || way === undefined ? 0 : label.x + boxOf(way, widthOf).width / 2 + margin
}
