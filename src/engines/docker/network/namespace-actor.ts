import { type Actor, type AnyActorRef, createActor, fromPromise } from 'xstate'
import { buddyMachine } from '../../../../machines/namespace.ts'
import type { BuddyInput } from '../../../../machines/namespace-types.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'

/** What a buddy's actor works on. */
export interface BuddyParts {
  make(signal: AbortSignal): Promise<void>
  remove(): Promise<void>
}

// As with cookies: beside the actor, and one machine for all buddies.
const parts = new WeakMap<AnyActorRef, BuddyParts>()

function partsOf(actor: AnyActorRef): BuddyParts {
  const found = parts.get(actor)
  if (found === undefined) throw new Error('this actor was not made by a driver')
  return found
}

const engineBuddyMachine = buddyMachine.provide({
  actors: {
    make: fromPromise<void, AnyActorRef>(({ input, signal }) => partsOf(input).make(signal)),
    remove: fromPromise<void, AnyActorRef>(({ input }) => partsOf(input).remove()),
  },
})

/** A buddy's actor. */
export type BuddyActor = Actor<typeof engineBuddyMachine>

/** Makes one that is not started yet; `moved` hears of every change of its state. */
export function createBuddyActor(
  input: BuddyInput,
  given: BuddyParts,
  moved: (from: string, to: string, event: string, error: string | undefined) => void,
  inspect: Inspect | undefined,
): BuddyActor {
  const actor = createActor(engineBuddyMachine, {
    id: input.id,
    input,
    ...(inspect === undefined ? {} : { inspect }),
  })
  parts.set(actor, given)
  let state = String(actor.getSnapshot().value)
  actor.system.inspect(event => {
    if (event.type !== '@xstate.snapshot' || event.actorRef !== actor) return
    const from = state
    state = String(actor.getSnapshot().value)
    const { error } = event.event as { error?: unknown }
    if (state !== from) moved(from, state, event.event.type, error instanceof Error ? error.message : undefined)
  })
  return actor
}
