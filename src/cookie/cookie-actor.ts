import { type AnyActorRef, fromCallback } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import type { CookieContext, Exit } from '../../machines/types/cookie.ts'
import type { ContainerStreams, EngineContainer } from '../engines/engine.ts'
import type { InputGuard } from '../task/input.ts'
import { actorParts } from '../utils/actors/actor-parts.ts'
import { keepingEvents } from '../utils/actors/last-event.ts'
import type { Collector } from './artifacts/collect.ts'
import type { TaskFiles } from './files/task-files.ts'

/** What a cookie's actor works on. */
export interface CookieDependencies {
  readonly container: EngineContainer
  readonly streams: ContainerStreams
  readonly input: InputGuard
  readonly files: TaskFiles | undefined
  readonly collector: Collector | undefined
  /** Settles when an earlier cookie of the same id is closed: two containers cannot have one name. It never rejects. */
  readonly previous: Promise<unknown> | undefined
  /** Called before a kill: from then on no consumer of the output may hold the container up. */
  readonly release: () => void
}

interface Parts extends CookieDependencies {
  /** Settles when no freeze or thaw is under way: what was asked of the engine counts also after its state was left. */
  changing: Promise<unknown>
  /** Set while the cookie's end is watched. */
  readonly watch: { exitSeen: () => void; broken: (error: Error) => void }
}

const parts = actorParts<Parts>()

const contextOf = (actor: AnyActorRef) => (actor.getSnapshot() as { readonly context: CookieContext }).context

function track(own: Parts, change: Promise<void>): Promise<void> {
  own.changing = change
  change.catch(() => {})
  return change
}

/** Gives a cookie's actor its container. Call it before the actor is started. */
export function assignParts(actor: AnyActorRef, dependencies: CookieDependencies): void {
  parts.assign(actor, { ...dependencies, changing: Promise.resolve(), watch: { exitSeen: () => {}, broken: () => {} } })
}

const joinedMachine = cookieMachine.provide({
  actors: {
    prepare: parts.promise(async ({ container, input, files, previous }, { signal }) => {
      const failure = input.failure()
      if (failure !== undefined) throw failure
      await files?.check()
      if (previous !== undefined) await previous
      // A cookie that has ended meanwhile is removed, too: nothing may be created after that.
      if (!signal.aborted) await container.prepare(signal)
      if (!signal.aborted) await files?.copyInto(container, signal)
    }),
    start: parts.promise(({ container, streams, watch }) =>
      container.start(streams, { exitSeen: () => watch.exitSeen(), broken: error => watch.broken(error) }),
    ),
    pause: parts.promise(own => {
      const paused = own.container.pause()
      track(
        own,
        paused.catch(() => {}),
      )
      return paused
    }),
    unpause: parts.promise(own => track(own, own.container.unpause())),
    terminate: parts.promise(async (own, { signal }, actor) => {
      const { mayBeFrozen, stopSignal } = contextOf(actor)
      // After a freeze that failed it runs. A thaw that failed has left it frozen.
      await own.changing.catch((error: unknown) => {
        if (!mayBeFrozen) throw error
      })
      if (mayBeFrozen && !signal.aborted) await own.container.unpause()
      // The kill has overtaken it.
      if (!signal.aborted) await own.container.signal?.(stopSignal)
    }),
    kill: parts.promise(({ container, release }) => {
      release()
      return container.kill()
    }),
    collect: parts.promise(async ({ container, collector }, { signal }) => await collector?.collect(container, signal)),
    remove: parts.promise(({ container }) => container.remove()),
    watch: fromCallback<{ type: string }, AnyActorRef>(({ input, sendBack }) => {
      const { container, watch } = parts.of(input)
      let watching = true
      const report = (event: { type: string; exit?: Exit; error?: unknown }) => {
        if (watching) sendBack(event)
      }
      watch.exitSeen = () => report({ type: 'exitSeen' })
      watch.broken = error => report({ type: 'broken', error })
      container.wait().then(
        exit => report({ type: 'exited', exit }),
        error => report({ type: 'lost', error }),
      )
      return () => {
        watching = false
      }
    }),
  },
})

/** The cookie's machine, with its actors joined to the engine's port. */
export const engineCookieMachine = keepingEvents(joinedMachine)
