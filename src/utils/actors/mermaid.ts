import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { childrenOf, stateNames } from './state-names.ts'

/**
 * Draws a machine as a Mermaid state diagram. A composite state is a box around its children.
 * Transitions between the same two states share an arrow.
 *
 * @example
 * console.log(toMermaid(cookieMachine))
 */
export function toMermaid(machine: AnyStateMachine): string {
  const names = stateNames(machine)
  const nameOf = ({ id }: AnyStateNode) => (names.get(id) ?? id).replaceAll(/\W/g, '_')
  return ['stateDiagram-v2', ...drawn(machine.root, arrowsOf(machine.root), nameOf)].join('\n')
}

/** The words of a user for XState's own event names. */
export function eventName(event: string): string {
  if (event === '') return 'always'
  const ended = /^xstate\.(done|error)\.(?:actor|state)\./.exec(event)
  if (ended !== null) return ended[1] === 'done' ? 'ok' : 'failed'
  const after = /^xstate\.after\.(?<delay>[^.]+)\./.exec(event)?.groups?.delay
  return after === undefined ? event : `after ${after}`
}

/** The text beside an arrow; empty for a transition without an event. */
export const labelOf = (eventType: string): string => (eventType === '' ? '' : eventName(eventType))

interface Arrow {
  readonly from: AnyStateNode
  readonly to: AnyStateNode
  readonly labels: Set<string>
}

/** The arrows that begin at a state or in it. */
function arrowsOf(node: AnyStateNode): Arrow[] {
  const arrows = new Map<AnyStateNode, Arrow>()
  for (const { eventType, guard, target } of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
    for (const to of target ?? []) {
      const arrow = arrows.get(to) ?? { from: node, to, labels: new Set() }
      arrow.labels.add(`${labelOf(eventType)} ${typeof guard === 'string' ? `[${guard}]` : ''}`.trim())
      arrows.set(to, arrow)
    }
  }
  return [...arrows.values(), ...childrenOf(node).flatMap(arrowsOf)]
}

/** The lines within a state. An arrow stands in the innermost box that holds both of its ends. */
function drawn(node: AnyStateNode, arrows: readonly Arrow[], nameOf: (node: AnyStateNode) => string): string[] {
  const children = childrenOf(node)
  const initial = node.type === 'parallel' ? [] : node.initial.target
  const own = arrows.filter(({ from, to }) => boxOf(from, to) === node)
  // A state belongs to the box that names it first.
  const isNamed = (child: AnyStateNode) =>
    initial.includes(child) || own.some(({ from, to }) => from === child || to === child)
  const lines = [
    ...initial.map(child => `[*] --> ${nameOf(child)}`),
    ...children
      .filter(child => childrenOf(child).length > 0 || !isNamed(child))
      .flatMap((child, index) => {
        const between = node.type === 'parallel' && index > 0 ? ['--'] : []
        if (childrenOf(child).length === 0) return [...between, nameOf(child)]
        return [...between, `state ${nameOf(child)} {`, ...drawn(child, arrows, nameOf), '}']
      }),
    ...own.map(({ from, to, labels }) =>
      `${nameOf(from)} --> ${nameOf(to)}: ${[...labels].join(', ')}`.replace(/: $/, ''),
    ),
    ...children.filter(({ type }) => type === 'final').map(child => `${nameOf(child)} --> [*]`),
  ]
  return lines.map(line => `  ${line}`)
}

/** The innermost state that holds two others. */
function boxOf(a: AnyStateNode, b: AnyStateNode): AnyStateNode | undefined {
  const above = new Set<AnyStateNode>()
  for (let node = a.parent; node !== undefined; node = node.parent) above.add(node)
  for (let node = b.parent; node !== undefined; node = node.parent) if (above.has(node)) return node
  return undefined
}
