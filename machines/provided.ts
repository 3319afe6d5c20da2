import { type AnyActorRef, fromCallback, fromPromise } from 'xstate'

/** Stands in a machine for a promise actor that its user provides with `machine.provide({ actors })`; its input is the machine's own actor. */
export const providedPromise = <Output = void>(name: string) =>
  fromPromise<Output, AnyActorRef>(() => Promise.reject(new Error(`provide the actor '${name}'`)))

/** Stands in a machine for a callback actor that its user provides with `machine.provide({ actors })`; its input is the machine's own actor. */
export const providedCallback = (name: string) =>
  fromCallback<{ type: string }, AnyActorRef>(() => {
    throw new Error(`provide the actor '${name}'`)
  })
