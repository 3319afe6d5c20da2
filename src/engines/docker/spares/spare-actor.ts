import { type Actor, createActor } from 'xstate'
import { spareMachine } from '../../../../machines/spare.ts'
import { actorParts } from '../../../utils/actors/actor-parts.ts'
import { followState } from '../../../utils/actors/follow-state.ts'
import type { Inspect } from '../../../utils/actors/inspectable.ts'

/** The calls of a spare container's actor. */
export interface SpareDependencies {
  make(signal: AbortSignal): Promise<void>
  remove(): Promise<void>
}

const parts = actorParts<SpareDependencies>()

const engineSpareMachine = spareMachine.provide({
  actors: {
    make: parts.promise(({ make }, { signal }) => make(signal)),
    remove: parts.promise(({ remove }) => remove()),
  },
})

/** A spare container's actor. */
export type SpareActor = Actor<typeof engineSpareMachine>

/** The options of {@link createSpareActor}. */
export interface SpareActorOptions {
  readonly id: string
  /** Called after each change of the actor's state. */
  readonly onChange: (from: string, to: string, event: string, error: string | undefined) => void
  readonly inspect: Inspect | undefined
}

/** Creates an actor, which the caller starts. */
export function createSpareActor(
  dependencies: SpareDependencies,
  { id, onChange, inspect }: SpareActorOptions,
): SpareActor {
  const actor = createActor(engineSpareMachine, { id, input: { id }, ...(inspect === undefined ? {} : { inspect }) })
  parts.assign(actor, dependencies)
  followState(actor, ({ from, to, event: { type, error } }) =>
    onChange(from, to, type, error instanceof Error ? error.message : undefined),
  )
  return actor
}
