import { type AnyActorRef, fromPromise } from 'xstate'
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
