import type { MachineInfo } from '../../protocol.ts'

/** How the states of a machine are nested, by their names. */
export interface StateTree {
  /** The outermost states, in the order of the machine's definition. */
  readonly top: readonly string[]
  /** Every state, outer ones before those in them. */
  readonly all: readonly string[]
  childrenOf(state: string): readonly string[]
  /** The child that a composite state begins in. */
  initialOf(state: string): string | undefined
  /** True for a state that is active side by side with others. */
  isRegion(state: string): boolean
  /** A state and those that it is in, the innermost first. */
  pathOf(state: string): readonly string[]
}

export function treeOf({ states, composites = [] }: MachineInfo): StateTree {
  const byName = new Map(composites.map(composite => [composite.name, composite]))
  const parents = new Map(composites.flatMap(({ name, children }) => children.map(child => [child, name] as const)))
  const childrenOf = (state: string) => byName.get(state)?.children ?? []
  const within = (state: string): readonly string[] => [state, ...childrenOf(state).flatMap(within)]
  const positionOf = (state: string) =>
    Math.min(
      ...within(state)
        .map(name => states.indexOf(name))
        .filter(at => at >= 0),
    )
  const top = [...byName.keys(), ...states]
    .filter(name => !parents.has(name))
    .toSorted((a, b) => positionOf(a) - positionOf(b))
  const pathOf = (state: string): readonly string[] => {
    const parent = parents.get(state)
    return parent === undefined ? [state] : [state, ...pathOf(parent)]
  }
  const initialOf = (state: string) => byName.get(state)?.initial
  const isRegion = (state: string) => {
    const parent = parents.get(state)
    return parent !== undefined && initialOf(parent) === undefined
  }
  return { top, all: top.flatMap(within), childrenOf, initialOf, isRegion, pathOf }
}
