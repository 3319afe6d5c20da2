import { expect } from 'vitest'
import type { AnyStateMachine, AnyStateNode, InspectionEvent } from 'xstate'

/** Remembers the transitions of a machine that the tests of a file take. */
export class TransitionCoverage {
  readonly #taken = new Set<string>()

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep') return
    for (const transition of event._transitions as readonly object[]) this.#taken.add(nameOf(transition))
  }

  /** Fails when a transition of the machine was never taken. */
  expectComplete(machine: AnyStateMachine): void {
    expect(
      transitionsOf(machine.root)
        .map(nameOf)
        .filter(name => !this.#taken.has(name)),
    ).toEqual([])
  }
}

/** Every transition of a state and of the states in it. */
function transitionsOf(node: AnyStateNode): object[] {
  const children: AnyStateNode[] = Object.values(node.states)
  return [...[...node.transitions.values()].flat(), ...(node.always ?? []), ...children.flatMap(transitionsOf)]
}

/** A name that the definition of a transition and an inspection event agree on. */
function nameOf(transition: object): string {
  const { source, eventType, target, guard } = transition as {
    source: AnyStateNode
    eventType: string
    target?: readonly AnyStateNode[]
    guard?: string
  }
  return `${source.id}: ${eventType} [${guard ?? ''}] -> ${target?.[0]?.id ?? '(stays)'}`
}
