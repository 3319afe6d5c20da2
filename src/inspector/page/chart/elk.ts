import type { ElkNode } from 'elkjs/lib/elk-api.js'

/** The space between things, in px. ELK applies these to one box at a time. */
const spacing = {
  'elk.layered.spacing.nodeNodeBetweenLayers': '10',
  'elk.layered.spacing.edgeNodeBetweenLayers': '9',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '7',
  'elk.spacing.edgeEdge': '8',
  'elk.spacing.edgeNode': '10',
  'elk.spacing.nodeNode': '14',
  'elk.spacing.edgeLabel': '4',
}

/** A chart reads from top to bottom. Its coordinates are those of the whole drawing, not of a box in it. */
export const chartOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
  ...spacing,
}

/** A box has its name above its states. */
export const boxOptions = { ...spacing, 'elk.padding': '[top=26,left=12,bottom=10,right=12]' }

export const labelOptions = { 'elk.edgeLabels.inline': 'true' }

/**
 * Arrows in the order of the definition point down, the first of a box above all; those to a near state are straight.
 */
export const arrowOptions = {
  initial: { 'elk.layered.priority.direction': '100', 'elk.layered.priority.straightness': '10' },
  near: { 'elk.layered.priority.direction': '10', 'elk.layered.priority.straightness': '10' },
  forward: { 'elk.layered.priority.direction': '10' },
  back: {},
}

/** Lays a graph out. */
export type LayOutGraph = (graph: ElkNode) => Promise<ElkNode>
