import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { labelOf, toMermaid } from '../../utils/actors/mermaid.ts'
import { childrenOf, stateNames } from '../../utils/actors/state-names.ts'
import { type Arrow, arrowKey, type Composite, type MachineInfo } from '../protocol.ts'
import { requestsOf } from './requests.ts'

const infos = new WeakMap<object, MachineInfo>()

/** A machine's definition as plain data. Machines that differ only in what was provided to them share it. */
export function machineInfo(machine: AnyStateMachine): MachineInfo {
  const known = infos.get(machine.config)
  if (known !== undefined) return known
  const names = stateNames(machine)
  const nameOf = ({ id }: AnyStateNode) => names.get(id) ?? id
  const { root } = machine
  const arrows = arrowsOf(root, nameOf)
  // A machine whose regions are all active is one state, which it begins in.
  const isDrawn =
    root.type === 'parallel' || arrows.some(({ from, to }) => from === nameOf(root) || to === nameOf(root))
  const nodes = [...(isDrawn ? [root] : []), ...childrenOf(root).flatMap(within)]
  const atoms = nodes.filter(node => childrenOf(node).length === 0)
  const [initial] = isDrawn ? [root] : root.initial.target
  const info: MachineInfo = {
    name: machine.id,
    initial: nameOf(initial ?? nodes[0] ?? root),
    states: atoms.map(nameOf),
    composites: nodes.filter(node => childrenOf(node).length > 0).map(node => compositeOf(node, nameOf)),
    finals: atoms.filter(({ type }) => type === 'final').map(nameOf),
    arrows,
    events: eventsOf(machine, nameOf),
    config: plain(machine.config),
    mermaid: toMermaid(machine),
  }
  infos.set(machine.config, info)
  return info
}

/** The innermost state of an actor, as its machine names it: `a`, or `a & b` where several are active in parallel. */
export function stateName(machine: AnyStateMachine, value: unknown): string {
  const names = stateNames(machine)
  const leaves = (node: AnyStateNode, inner: unknown): string[] => {
    if (typeof inner !== 'object' || inner === null)
      return [names.get(node.states[String(inner)]?.id ?? '') ?? String(inner)]
    return Object.entries(inner).flatMap(([key, rest]) => {
      const child = node.states[key]
      if (child === undefined) return [key]
      return childrenOf(child).length === 0 ? [names.get(child.id) ?? key] : leaves(child, rest)
    })
  }
  return leaves(machine.root, value).join(' & ')
}

/** The keys of the arrows that a transition takes. */
export function arrowKeysOf(
  machine: AnyStateMachine,
  { source, target }: Pick<Transition, 'source' | 'target'>,
): string[] {
  const names = stateNames(machine)
  return (target ?? []).map(goal => arrowKey(names.get(source.id) ?? source.id, names.get(goal.id) ?? goal.id))
}

type NameOf = (node: AnyStateNode) => string

interface Transition {
  readonly source: AnyStateNode
  readonly target?: readonly AnyStateNode[] | undefined
}

const within = (node: AnyStateNode): AnyStateNode[] => [node, ...childrenOf(node).flatMap(within)]

function compositeOf(node: AnyStateNode, nameOf: NameOf): Composite {
  const initial = node.type === 'parallel' ? undefined : node.initial.target[0]
  return {
    name: nameOf(node),
    children: childrenOf(node).map(nameOf),
    ...(initial === undefined ? {} : { initial: nameOf(initial) }),
  }
}

/**
 * The arrows of a state and of the states in it. One stands for all transitions of the same event between the same two
 * states.
 */
function arrowsOf(node: AnyStateNode, nameOf: NameOf): Arrow[] {
  const arrows = new Map<string, { arrow: Omit<Arrow, 'label'>; labels: Set<string> }>()
  for (const { eventType, guard, target, reenter } of [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ]) {
    for (const goal of target ?? []) {
      if (goal === node && !reenter) continue
      const key = `${goal.id}\n${eventType}`
      const arrow = { from: nameOf(node), to: nameOf(goal), event: eventType }
      const entry = arrows.get(key) ?? { arrow, labels: new Set<string>() }
      entry.labels.add(`${labelOf(eventType)} ${guard === undefined ? '' : `[${guardName(guard)}]`}`.trim())
      arrows.set(key, entry)
    }
  }
  const own = [...arrows.values()].map(({ arrow, labels }) => ({ ...arrow, label: [...labels].join(', ') }))
  return [...own, ...childrenOf(node).flatMap(child => arrowsOf(child, nameOf))]
}

/** The events that a page may send, and the states that handle each. */
function eventsOf(machine: AnyStateMachine, nameOf: NameOf): Record<string, string[]> {
  const { root } = machine
  const nodes = within(root)
  return Object.fromEntries(
    requestsOf(machine).map(event => [
      event,
      nodes.filter(({ transitions }) => transitions.has(event)).map(node => (node === root ? '' : nameOf(node))),
    ]),
  )
}

const guardName = (guard: unknown): string => {
  if (typeof guard === 'string') return guard
  const type = (guard as { type?: unknown } | null)?.type
  return typeof type === 'string' ? type : 'a guard'
}

/** The config as JSON. Functions are left out. */
const plain = (config: unknown): unknown => JSON.parse(JSON.stringify(config))
