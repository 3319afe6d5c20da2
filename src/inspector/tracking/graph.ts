import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { labelOf, toMermaid } from '../../utils/actors/mermaid.ts'
import type { Arrow, MachineInfo } from '../protocol.ts'

const infos = new WeakMap<object, MachineInfo>()

/** What a machine's own definition says, as plain data. Machines that only differ in what was provided to them are asked about their root's config. */
export function machineInfo(machine: AnyStateMachine): MachineInfo {
  const known = infos.get(machine.config)
  if (known !== undefined) return known
  const atoms = atomsOf(machine.root)
  const arrows = new Map<string, { arrow: Omit<Arrow, 'label'>; labels: Set<string> }>()
  for (const atom of atoms) {
    for (let node: AnyStateNode | undefined = atom; node !== undefined; node = node.parent) {
      for (const { eventType, guard, target, reenter } of [
        ...[...node.transitions.values()].flat(),
        ...(node.always ?? []),
      ]) {
        const goal = target?.[0]
        if (goal === undefined) continue
        const to = nameOf(initialAtom(goal))
        const from = nameOf(atom)
        if (from === to && !reenter) continue
        const key = `${from}\n${to}\n${eventType}`
        const entry = arrows.get(key) ?? { arrow: { from, to, event: eventType }, labels: new Set<string>() }
        entry.labels.add(`${labelOf(eventType)} ${guard === undefined ? '' : `[${guardName(guard)}]`}`.trim())
        arrows.set(key, entry)
      }
    }
  }
  const info: MachineInfo = {
    name: machine.id,
    initial: nameOf(initialAtom(machine.root)),
    states: atoms.map(nameOf),
    finals: atoms.filter(({ type }) => type === 'final').map(nameOf),
    arrows: [...arrows.values()].map(({ arrow, labels }) => ({ ...arrow, label: [...labels].join(', ') })),
    config: plain(machine.config),
    mermaid: toMermaid(machine),
  }
  infos.set(machine.config, info)
  return info
}

/** The state of an actor in one word: `a`, `a.b`, or `a.x & b.y` where it is in several at once. */
export function stateName(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .flatMap(([key, inner]) => {
      const rest = stateName(inner)
      return rest === '' ? [key] : rest.split(' & ').map(part => `${key}.${part}`)
    })
    .join(' & ')
}

/** The name of a state within its machine. */
export const nameOf = (node: AnyStateNode): string => node.path.join('.') || node.key

const atomsOf = (node: AnyStateNode): AnyStateNode[] => {
  const children = Object.values(node.states) as AnyStateNode[]
  return children.length === 0 ? [node] : children.flatMap(atomsOf)
}

function initialAtom(node: AnyStateNode): AnyStateNode {
  const [first] = Object.values(node.states) as AnyStateNode[]
  if (first === undefined) return node
  return initialAtom(node.initial?.target[0] ?? first)
}

const guardName = (guard: unknown): string => {
  if (typeof guard === 'string') return guard
  const type = (guard as { type?: unknown } | null)?.type
  return typeof type === 'string' ? type : 'a guard'
}

/** The config as JSON holds it: functions are the machine's own code and stay at home. */
const plain = (config: unknown): unknown => JSON.parse(JSON.stringify(config))
