import type { AnyStateMachine } from 'xstate'

/** Draws a flat machine as a Mermaid state diagram; transitions of the same two states share an arrow. */
export function toMermaid(machine: AnyStateMachine): string {
  const arrows = new Map<string, string[]>()
  for (const state of Object.values(machine.states)) {
    const transitions = [...[...state.transitions.values()].flat(), ...(state.always ?? [])]
    for (const { eventType, guard, target } of transitions) {
      const to = target?.[0]?.key
      if (to === undefined) continue
      const arrow = `${state.key} --> ${to}`
      const labels = arrows.get(arrow) ?? []
      labels.push(`${labelOf(eventType)} ${typeof guard === 'string' ? `[${guard}]` : ''}`.trim())
      arrows.set(arrow, labels)
    }
  }
  const initial = machine.root.initial.target[0]?.key
  const finals = Object.values(machine.states).filter(state => state.type === 'final')
  return [
    'stateDiagram-v2',
    `  [*] --> ${initial}`,
    ...[...arrows].map(([arrow, labels]) => `  ${arrow}: ${[...new Set(labels)].join(', ')}`.replace(/: $/, '')),
    ...finals.map(({ key }) => `  ${key} --> [*]`),
  ].join('\n')
}

/** What stands beside an arrow: nothing where it is taken always. */
export const labelOf = (eventType: string): string => (eventType === '' ? '' : eventName(eventType))

/** The words of a user for XState's own event names. */
export function eventName(event: string): string {
  if (event === '') return 'always'
  const ended = /^xstate\.(done|error)\.(?:actor|state)\./.exec(event)
  if (ended !== null) return ended[1] === 'done' ? 'ok' : 'failed'
  const after = /^xstate\.after\.(?<delay>[^.]+)\./.exec(event)?.groups?.delay
  return after === undefined ? event : `after ${after}`
}
