import { Graph, layout } from '@dagrejs/dagre'
import { arrowKey, type MachineInfo } from '../inspector/protocol.ts'
import { type Point, placeLabels } from './label-places.ts'

/** A state, placed. */
export interface PlacedState {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly final: boolean
}

/** All transitions from one state to another, drawn as one arrow. */
export interface PlacedArrow {
  readonly key: string
  readonly from: string
  readonly to: string
  /** An SVG path. */
  readonly path: string
  readonly lines: readonly string[]
  readonly label: { readonly x: number; readonly y: number }
}

export interface Chart {
  readonly width: number
  readonly height: number
  readonly states: readonly PlacedState[]
  readonly arrows: readonly PlacedArrow[]
  /** Where the arrow from nowhere to the first state points. */
  readonly start: { readonly x: number; readonly y: number }
}

const stateHeight = 30
export const lineHeight = 12
/** The widths of a letter in a state and in a label, in px. */
const stateLetter = 8
const labelLetter = 5.9
const margin = 18
/** How many letters of a label stand in one line, if they can be parted. */
const labelWidth = 20

const charts = { wide: new WeakMap<MachineInfo, Chart>(), close: new WeakMap<MachineInfo, Chart>() }

/** Lays a machine out, once: with room for every label, or close together, for labels that are only shown where they matter. */
export function chartOf(machine: MachineInfo, roomForLabels: boolean): Chart {
  const laidOut = charts[roomForLabels ? 'wide' : 'close']
  const known = laidOut.get(machine)
  if (known !== undefined) return known
  const chart = layOut(machine, roomForLabels)
  laidOut.set(machine, chart)
  return chart
}

function layOut({ states, finals, arrows, initial }: MachineInfo, roomForLabels: boolean): Chart {
  const graph = new Graph({ multigraph: false })
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 24,
    edgesep: roomForLabels ? 14 : 10,
    ranksep: roomForLabels ? 26 : 21,
    marginx: roomForLabels ? margin : 2 * margin,
    marginy: margin + 10,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const name of states) {
    graph.setNode(name, { width: Math.max(72, name.length * stateLetter + 40), height: stateHeight })
  }
  const labels = new Map<string, { from: string; to: string; lines: string[] }>()
  for (const { from, to, label } of arrows) {
    const key = arrowKey(from, to)
    const entry = labels.get(key) ?? { from, to, lines: [] }
    for (const word of label.split(', ')) addWord(entry.lines, word)
    labels.set(key, entry)
  }
  for (const { from, to, lines } of labels.values()) {
    if (from === to) continue
    const width = widthOf(lines)
    // The way of a life is drawn straight; what may happen on it gives way.
    const weight = states.indexOf(to) - states.indexOf(from) === 1 ? 8 : 1
    const room = roomForLabels ? { width, height: lines.length * lineHeight + 4, labelpos: 'c' } : {}
    graph.setEdge(from, to, { ...room, weight })
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  const placed = states.map(name => {
    const { x, y, width, height } = graph.node(name) as { x: number; y: number; width: number; height: number }
    return { name, x, y, width, height, final: finals.includes(name) }
  })
  const boxOf = (name: string) => placed.find(state => state.name === name)
  const drawn = [...labels].map(([key, { from, to, lines }]) => {
    const edge = from === to ? undefined : (graph.edge(from, to) as { points: Point[]; x?: number; y?: number })
    const loop = edge === undefined ? loopAt(boxOf(from)) : undefined
    const width = widthOf(lines)
    return { key, from, to, lines, width, height: lines.length * lineHeight, edge, loop, points: edge?.points ?? [] }
  })
  const free = drawn.filter(({ edge }) => edge !== undefined && edge.x === undefined)
  const places = placeLabels(free, placed)
  const placedArrows = drawn.map(arrow => {
    const { key, from, to, lines, edge, loop, points } = arrow
    const label = loop?.label ?? places[free.indexOf(arrow)] ?? { x: edge?.x ?? 0, y: edge?.y ?? 0 }
    return { key, from, to, lines, path: loop?.path ?? curve(points), label }
  })
  const first = placed.find(({ name }) => name === initial)
  return {
    width,
    height,
    states: placed,
    arrows: placedArrows,
    start: { x: first?.x ?? 0, y: (first?.y ?? 0) - stateHeight / 2 },
  }
}

/** How wide a label is. */
const widthOf = (lines: readonly string[]) => Math.max(...lines.map(({ length }) => length)) * labelLetter + 8

function addWord(lines: string[], word: string): void {
  const last = lines.at(-1)
  if (last === undefined || last.length + word.length > labelWidth) lines.push(word)
  else if (!lines.some(line => line.split(', ').includes(word))) lines[lines.length - 1] = `${last}, ${word}`
}

/** An arrow from a state to itself, at its right side. */
function loopAt(state: PlacedState | undefined): Pick<PlacedArrow, 'path' | 'label'> {
  const { x, y, width } = state ?? { x: 0, y: 0, width: 0 }
  const right = x + width / 2
  return {
    path: `M ${right} ${y - 7} C ${right + 26} ${y - 16} ${right + 26} ${y + 16} ${right} ${y + 7}`,
    label: { x: right + 30, y },
  }
}

/** A smooth line through points: quadratic curves from middle to middle. */
function curve(points: readonly Point[]): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
  const [first, ...rest] = points
  const last = rest.at(-1)
  if (first === undefined || last === undefined) return ''
  const inner = rest.slice(0, -1)
  const parts = inner.map((point, index) => {
    const next = inner[index + 1]
    const end = next === undefined ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 }
    return `Q ${at(point)} ${at(end)}`
  })
  return parts.length === 0 ? `M ${at(first)} L ${at(last)}` : `M ${at(first)} ${parts.join(' ')}`
}
