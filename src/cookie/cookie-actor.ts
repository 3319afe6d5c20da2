import { type AnyActorRef, fromCallback, fromPromise } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import type { Exit } from '../../machines/cookie-types.ts'
import type { ContainerStreams, EngineContainer } from '../engines/engine.ts'
import type { InputGuard } from '../task/input.ts'

/** What a cookie's actor works on. */
export interface CookieParts {
  readonly container: EngineContainer
  readonly streams: ContainerStreams
  readonly input: InputGuard
  /** Settles when an earlier cookie of the same id is closed: two containers cannot have one name. It never rejects. */
  readonly previous: Promise<unknown> | undefined
  /** Called before a kill: from here on no consumer of the output may hold the container up. */
  readonly release: () => void
}

// Keyed by the actor and not held in the machine's context, which inspectors print. One machine serves all cookies:
// providing one for each would cost twice what a cookie's whole life in the machine does (bench/machine).
const parts = new WeakMap<AnyActorRef, CookieParts & { readonly watch: WatchCallbacks }>()

interface WatchCallbacks {
  exitSeen: () => void
  broken: (error: Error) => void
}

/** Gives an actor its container. Must be called before the actor is started. */
export function assignParts(actor: AnyActorRef, given: CookieParts): void {
  parts.set(actor, { ...given, watch: { exitSeen: () => {}, broken: () => {} } })
}

function partsOf(actor: AnyActorRef) {
  const found = parts.get(actor)
  if (found === undefined) throw new Error('this actor was not made by a driver')
  return found
}

const call = (act: (given: ReturnType<typeof partsOf>, signal: AbortSignal) => Promise<void>) =>
  fromPromise<void, AnyActorRef>(({ input, signal }) => act(partsOf(input), signal))

/** The cookie's machine with its actors joined to the engine's port. */
export const engineCookieMachine = cookieMachine.provide({
  actors: {
    prepare: call(async ({ container, input, previous }, signal) => {
      const failure = input.failure()
      if (failure !== undefined) throw failure
      if (previous !== undefined) await previous
      // Who has given up meanwhile has removed it, too.
      if (!signal.aborted) await container.prepare(signal)
    }),
    start: call(({ container, streams, watch }) =>
      container.start(streams, { exitSeen: () => watch.exitSeen(), broken: error => watch.broken(error) }),
    ),
    pause: call(({ container }) => container.pause()),
    unpause: call(({ container }) => container.unpause()),
    kill: call(({ container, release }) => {
      release()
      return container.kill()
    }),
    remove: call(({ container }) => container.remove()),
    watch: fromCallback<{ type: string }, AnyActorRef>(({ input, sendBack }) => {
      const { container, watch } = partsOf(input)
      let watching = true
      const tell = (event: { type: string; exit?: Exit; error?: unknown }) => {
        if (watching) sendBack(event)
      }
      watch.exitSeen = () => tell({ type: 'exitSeen' })
      watch.broken = error => tell({ type: 'broken', error })
      container.wait().then(
        exit => tell({ type: 'exited', exit }),
        error => tell({ type: 'lost', error }),
      )
      return () => {
        watching = false
      }
    }),
  },
})
