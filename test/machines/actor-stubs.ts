import { expect } from 'vitest'
import { type AnyActorRef, type AnyStateMachine, fromPromise, type InspectionEvent } from 'xstate'
import { flush, nameOf } from './cookie-setup.ts'

/** The promise actors of a machine, in the hands of a test. */
export class Hands {
  readonly calls: string[] = []
  #answer: { resolve: (value: never) => void; reject: (error: Error) => void; signal: AbortSignal } | undefined

  /** One to provide to the machine. */
  actor<T>(name: string) {
    return fromPromise<T, AnyActorRef>(
      ({ signal }) =>
        new Promise<T>((resolve, reject) => {
          this.calls.push(name)
          this.#answer = { resolve: resolve as (value: never) => void, reject, signal }
        }),
    )
  }

  /** Settles the last call: an Error rejects it. */
  async settle(value?: unknown): Promise<void> {
    if (value instanceof Error) this.#answer?.reject(value)
    else this.#answer?.resolve(value as never)
    await flush()
  }

  get aborted(): boolean {
    return this.#answer?.signal.aborted === true
  }
}

/** Remembers the transitions that a file's tests take of a machine. */
export class Walk {
  readonly #taken = new Set<string>()

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep') return
    for (const transition of event._transitions as readonly object[]) this.#taken.add(nameOf(transition))
  }

  /** Fails when one was never taken. */
  expectWhole(machine: AnyStateMachine): void {
    const defined = Object.values(machine.states).flatMap(state =>
      [...[...state.transitions.values()].flat(), ...(state.always ?? [])].map(nameOf),
    )
    expect(defined.filter(name => !this.#taken.has(name))).toEqual([])
  }
}
