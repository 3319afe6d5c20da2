import { fromCallback, fromPromise } from 'xstate'

/** Stands in a machine for a promise actor that its user provides with `machine.provide({ actors })`. */
export const providedPromise = (name: string) =>
  fromPromise<void>(() => Promise.reject(new Error(`provide the actor '${name}'`)))

/** Stands in a machine for a callback actor that its user provides with `machine.provide({ actors })`. */
export const providedCallback = (name: string) =>
  fromCallback(() => {
    throw new Error(`provide the actor '${name}'`)
  })
