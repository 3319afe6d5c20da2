import {
  type Actor,
  type AnyActorRef,
  type AnyStateMachine,
  type ContextFrom,
  fromPromise,
  type SimulatedClock,
} from 'xstate'
import { stateOf } from '../../src/utils/actors/follow-state.ts'
import { flush } from './flush.ts'

/** The promise actors of a machine, which the test settles. */
export class ActorStubs {
  readonly calls: string[] = []
  #call: { resolve: (value: never) => void; reject: (error: Error) => void; signal: AbortSignal } | undefined

  /** An actor for `machine.provide()`. */
  actor<T>(name: string) {
    return fromPromise<T, AnyActorRef>(
      ({ signal }) =>
        new Promise<T>((resolve, reject) => {
          this.calls.push(name)
          this.#call = { resolve: resolve as (value: never) => void, reject, signal }
        }),
    )
  }

  /** Settles the last call. An Error rejects it. */
  async settle(value?: unknown): Promise<void> {
    if (value instanceof Error) this.#call?.reject(value)
    else this.#call?.resolve(value as never)
    await flush()
  }

  get aborted(): boolean {
    return this.#call?.signal.aborted === true
  }
}

/** What a test does with an actor that can be cancelled, and whose actors are stubs. */
export function driven<Machine extends AnyStateMachine>(
  actor: Actor<Machine>,
  stubs: ActorStubs,
  clock: SimulatedClock,
) {
  return {
    clock,
    calls: stubs.calls,
    settle: (value?: unknown) => stubs.settle(value),
    cancel: () => actor.send({ type: 'cancel' } as Parameters<typeof actor.send>[0]),
    aborted: () => stubs.aborted,
    get state(): string {
      return stateOf(actor)
    },
    get context(): ContextFrom<Machine> {
      return (actor.getSnapshot() as { readonly context: ContextFrom<Machine> }).context
    },
  }
}
