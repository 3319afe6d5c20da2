import { type Actor, createActor } from 'xstate'
import { namespaceMachine } from '../../../../machines/namespace.ts'
import type { NamespaceInput } from '../../../../machines/types/namespace.ts'
import { actorParts } from '../../../utils/actors/actor-parts.ts'
import { followState } from '../../../utils/actors/follow-state.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'

/** The calls of a namespace's actor. */
export interface NamespaceDependencies {
  make(signal: AbortSignal): Promise<void>
  remove(): Promise<void>
}

/** Called after each change of the actor's state. */
export type NamespaceListener = (from: string, to: string, event: string, error: string | undefined) => void

const parts = actorParts<NamespaceDependencies>()

const engineNamespaceMachine = namespaceMachine.provide({
  actors: {
    make: parts.promise(({ make }, { signal }) => make(signal)),
    remove: parts.promise(({ remove }) => remove()),
  },
})

/** A namespace's actor. */
export type NamespaceActor = Actor<typeof engineNamespaceMachine>

/** The options of {@link createNamespaceActor}. */
export interface NamespaceActorOptions {
  readonly onChange: NamespaceListener
  readonly inspect: Inspect | undefined
}

/** Creates an actor, which the caller starts. */
export function createNamespaceActor(
  input: NamespaceInput,
  dependencies: NamespaceDependencies,
  { onChange, inspect }: NamespaceActorOptions,
): NamespaceActor {
  const actor = createActor(engineNamespaceMachine, {
    id: input.id,
    input,
    ...(inspect === undefined ? {} : { inspect }),
  })
  parts.assign(actor, dependencies)
  followState(actor, ({ from, to, event: { type, error } }) =>
    onChange(from, to, type, error instanceof Error ? error.message : undefined),
  )
  return actor
}
