import type { AnyActorRef, AnyEventObject, AnyStateMachine } from 'xstate'

const events = new WeakMap<object, AnyEventObject>()

/**
 * The same machine, whose actors keep the last event that they took. A subscriber of an actor gets no event, and an inspector of its system
 * gets those of all its children, too, which costs more than the transitions.
 */
export function keepingEvents<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const transition: AnyStateMachine['transition'] = (snapshot, event, scope) => {
    events.set(scope.self, event)
    return machine.transition(snapshot, event, scope)
  }
  return Object.assign(Object.create(machine) as Machine, { transition })
}

/** The last event of an actor of such a machine, as its subscribers see the change that it caused. */
export function eventOf(actor: Pick<AnyActorRef, 'id'>): AnyEventObject {
  const event = events.get(actor)
  if (event === undefined) throw new Error(`actor ${actor.id} has taken no event, or its machine keeps none`)
  return event
}
