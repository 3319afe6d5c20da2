import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import { arrowKey, type MachineInfo } from '../../protocol.ts'
import { arrowOptions, boxOptions, chartOptions, type LayOutGraph, labelOptions } from './elk.ts'
import { sizeOf, type TextWidth, type Word } from './label-text.ts'
import { type StateTree, treeOf } from './tree.ts'

/** A point of a drawing, in px. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A rectangle by its upper left corner, in px. */
export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** A state, placed. */
export interface PlacedState extends Box {
  readonly name: string
  readonly final: boolean
  /** A composite state, drawn as a box around its children. */
  readonly composite: boolean
  /** It is active side by side with others. */
  readonly region: boolean
}

/** All transitions from one state to another, drawn as one arrow. */
export interface PlacedArrow {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly words: readonly Word[]
  /** The corners of its line. */
  readonly points: readonly Point[]
  /** Where its label is; undefined where it has none. */
  readonly label: Box | undefined
}

/** A dot, and the line from it to the state that a machine or a composite state begins in. */
export interface PlacedStart {
  readonly key: string
  readonly dot: Point
  readonly points: readonly Point[]
}

export interface Chart {
  readonly width: number
  readonly height: number
  readonly tree: StateTree
  /** Outer states before those in them. */
  readonly states: readonly PlacedState[]
  readonly arrows: readonly PlacedArrow[]
  readonly starts: readonly PlacedStart[]
}

const stateHeight = 28
export const nameSize = 14
export const boxNameSize = 13
export const dotRadius = 4

/** Lays a machine out, with room for every label. */
export async function layOut(machine: MachineInfo, widthOf: TextWidth, layOutGraph: LayOutGraph): Promise<Chart> {
  const tree = treeOf(machine)
  const arrows = arrowsOf(machine)
  const starts = startsOf(machine, tree)
  const nodeOf = (name: string): ElkNode => {
    const children = tree.childrenOf(name).map(nodeOf)
    if (children.length > 0) {
      const least = Math.ceil(widthOf(name, boxNameSize)) + 24
      const options = {
        ...boxOptions,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${least},0)`,
      }
      return { id: name, children: [...dotsIn(name, starts), ...children], layoutOptions: options }
    }
    return { id: name, width: Math.max(64, Math.ceil(widthOf(name, nameSize)) + 30), height: stateHeight }
  }
  const laidOut = await layOutGraph({
    id: '',
    children: [...dotsIn('', starts), ...tree.top.map(nodeOf)],
    edges: [
      ...starts.map(({ id, to }) => ({ id, sources: [id], targets: [to], layoutOptions: arrowOptions.initial })),
      ...arrows.map(arrow => edgeOf(arrow, tree, widthOf)),
    ],
    layoutOptions: chartOptions,
  })
  const boxes = new Map(nodesIn(laidOut).map(node => [node.id, boxOf(node)]))
  const edges = new Map((laidOut.edges ?? []).map(edge => [edge.id, edge]))
  return {
    width: laidOut.width ?? 0,
    height: laidOut.height ?? 0,
    tree,
    states: tree.all.map(name => ({
      name,
      final: machine.finals.includes(name),
      composite: tree.childrenOf(name).length > 0,
      region: tree.isRegion(name),
      ...(boxes.get(name) ?? nowhere),
    })),
    arrows: arrows.map(arrow => {
      const edge = edges.get(arrow.key)
      const [label] = edge?.labels ?? []
      return { ...arrow, points: pointsOf(edge), label: label === undefined ? undefined : boxOf(label) }
    }),
    starts: starts.map(({ id }) => {
      const { x, y } = boxes.get(id) ?? nowhere
      return { key: id, dot: { x: x + dotRadius, y: y + dotRadius }, points: pointsOf(edges.get(id)) }
    }),
  }
}

type Arrow = Pick<PlacedArrow, 'key' | 'from' | 'to' | 'words'>

/** The arrows of a machine, one for each pair of states. */
function arrowsOf({ arrows }: MachineInfo): Arrow[] {
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

interface Start {
  /** Of the dot and of its line. No state has it: names have no such letter. */
  readonly id: string
  readonly within: string
  readonly to: string
}

function startsOf({ initial }: MachineInfo, { all, initialOf }: StateTree): Start[] {
  return [
    { id: '•', within: '', to: initial },
    ...all.flatMap(name => {
      const to = initialOf(name)
      return to === undefined ? [] : [{ id: `•${name}`, within: name, to }]
    }),
  ]
}

const dotsIn = (box: string, starts: readonly Start[]): ElkNode[] =>
  starts.filter(({ within }) => within === box).map(({ id }) => ({ id, width: 2 * dotRadius, height: 2 * dotRadius }))

function edgeOf({ key, from, to, words }: Arrow, { all }: StateTree, widthOf: TextWidth): ElkExtendedEdge {
  const forward = all.indexOf(to) - all.indexOf(from)
  const way = forward <= 0 ? 'back' : forward <= 2 ? 'near' : 'forward'
  return {
    id: key,
    sources: [from],
    targets: [to],
    labels: words.length === 0 ? [] : [{ text: key, ...sizeOf(words, widthOf), layoutOptions: labelOptions }],
    layoutOptions: arrowOptions[way],
  }
}

const nodesIn = ({ children = [] }: ElkNode): ElkNode[] => children.flatMap(child => [child, ...nodesIn(child)])

const nowhere: Box = { x: 0, y: 0, width: 0, height: 0 }
const boxOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box => ({ x, y, width, height })

const pointsOf = (edge: ElkExtendedEdge | undefined): Point[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
