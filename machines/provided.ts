import { type AnyActorRef, fromCallback, fromPromise } from 'xstate'

/**
 * A placeholder for a promise actor that the machine's user provides with `machine.provide({ actors })`. Its input is
 * the machine's actor.
 */
export const providedPromise = <Output = void>(name: string) =>
  fromPromise<Output, AnyActorRef>(() => Promise.reject(new Error(`provide the actor '${name}'`)))

/** A placeholder for a callback actor that the machine's user provides, in the same way. */
export const providedCallback = (name: string) =>
  fromCallback<{ type: string }, AnyActorRef>(() => {
    throw new Error(`provide the actor '${name}'`)
  })
