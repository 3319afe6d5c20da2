import type { AnyStateMachine, AnyStateNode } from 'xstate'

const known = new WeakMap<object, ReadonlyMap<string, string>>()

/** The states in a state, in the order of the machine's definition. */
export const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states)

/** The names of a machine's states by their ids: a state's own key where no other state has it, else its path. */
export function stateNames({ config, root }: AnyStateMachine): ReadonlyMap<string, string> {
  const before = known.get(config)
  if (before !== undefined) return before
  const nodes = childrenOf(root).flatMap(within)
  const keys = nodes.map(({ key }) => key)
  const isUnique = (key: string) => keys.indexOf(key) === keys.lastIndexOf(key)
  const names = new Map(nodes.map(({ id, key, path }) => [id, isUnique(key) ? key : path.join('.')]))
  names.set(root.id, root.key)
  known.set(config, names)
  return names
}

const within = (node: AnyStateNode): AnyStateNode[] => [node, ...childrenOf(node).flatMap(within)]
