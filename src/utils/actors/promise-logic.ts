import type { AnyActorRef, PromiseActorLogic, PromiseSnapshot } from 'xstate'

/** Tells an act that its actor was stopped. The signal is made when it is asked for: most acts never do, and each signal costs. */
export class Aborting {
  readonly #self: AnyActorRef

  constructor(self: AnyActorRef) {
    this.#self = self
  }

  /** Aborts when the state that invoked the actor is left before the act has ended. */
  get signal(): AbortSignal {
    const known = controllers.get(this.#self)
    if (known !== undefined) return known.signal
    const controller = new AbortController()
    controllers.set(this.#self, controller)
    if (this.#self.getSnapshot().status === 'stopped') controller.abort()
    return controller.signal
  }
}

const controllers = new WeakMap<AnyActorRef, AbortController>()

type Act<Output> = (actor: AnyActorRef, aborting: Aborting) => Promise<Output>
type Snapshot<Output> = PromiseSnapshot<Output, AnyActorRef>

/** A promise actor as that of XState's `fromPromise`, with the same snapshots and events. Its input is the actor that invokes it. */
export function promiseLogic<Output>(act: Act<Output>): PromiseActorLogic<Output, AnyActorRef> {
  return {
    config: act as never,
    transition(state, event: { readonly type: string; readonly data?: unknown }, { self }) {
      if (state.status !== 'active') return state
      switch (event.type) {
        case 'xstate.promise.resolve':
          return { ...state, status: 'done', output: event.data as Output, input: undefined }
        case 'xstate.promise.reject':
          return { ...state, status: 'error', error: event.data, input: undefined }
        case 'xstate.stop':
          controllers.get(self)?.abort()
          return { ...state, status: 'stopped', input: undefined } as Snapshot<Output>
        default:
          return state
      }
    },
    start({ status, input }, { self }) {
      if (status !== 'active' || input === undefined) return
      const send = (type: string, data: unknown) => {
        if (self.getSnapshot().status === 'active') self.send({ type, data } as never)
      }
      settled(act, input, new Aborting(self)).then(
        output => send('xstate.promise.resolve', output),
        (error: unknown) => send('xstate.promise.reject', error),
      )
    },
    getInitialSnapshot: (_, input) => ({ status: 'active', output: undefined, error: undefined, input }),
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot: snapshot => snapshot as Snapshot<Output>,
  }
}

/** An act that throws at once is a rejection, too. */
function settled<Output>(act: Act<Output>, actor: AnyActorRef, aborting: Aborting): Promise<Output> {
  try {
    return Promise.resolve(act(actor, aborting))
  } catch (error) {
    return Promise.reject(error)
  }
}
