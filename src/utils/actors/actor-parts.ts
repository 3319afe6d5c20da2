import type { AnyActorRef, PromiseActorLogic } from 'xstate'
import { type Aborting, promiseLogic } from './promise-logic.ts'

/** What the actors of one machine work on, kept beside them. */
export interface ActorParts<Parts> {
  /** Gives an actor its parts. Call it before the actor is started. */
  assign(actor: AnyActorRef, parts: Parts): void
  /** The parts of an actor. */
  of(actor: AnyActorRef): Parts
  /** A promise actor whose input is the machine's own actor. It works on the parts of that actor. */
  promise<Output>(
    act: (parts: Parts, aborting: Aborting, actor: AnyActorRef) => Promise<Output>,
  ): PromiseActorLogic<Output, AnyActorRef>
}

/**
 * Makes a place for the parts of a machine's actors.
 *
 * Parts are not in the machine's context, because inspectors print contexts. They are not bound by `machine.provide()`
 * for each actor either: that costs twice as much as a cookie's whole life in the machine (bench/machine).
 */
export function actorParts<Parts>(): ActorParts<Parts> {
  const all = new WeakMap<AnyActorRef, Parts>()
  const of = (actor: AnyActorRef) => {
    const parts = all.get(actor)
    if (parts === undefined) throw new Error(`actor ${actor.id} has no parts: assign them before it is started`)
    return parts
  }
  return {
    assign: (actor, parts) => void all.set(actor, parts),
    of,
    promise: act => promiseLogic((actor, aborting) => act(of(actor), aborting, actor)),
  }
}
