import { type AnyActorRef, fromCallback } from 'xstate'
import { cookieMachine } from '../../machines/cookie.ts'
import type { Exit } from '../../machines/cookie-types.ts'
import type { ContainerStreams, EngineContainer } from '../engines/engine.ts'
import type { InputGuard } from '../task/input.ts'
import { actorParts } from '../utils/actors/actor-parts.ts'
import type { Collector } from './artifacts/collect.ts'
import type { TaskFiles } from './files/task-files.ts'

/** What a cookie's actor works on. */
export interface CookieDependencies {
  readonly container: EngineContainer
  readonly streams: ContainerStreams
  readonly input: InputGuard
  readonly files: TaskFiles
  readonly collector: Collector
  /** Settles when an earlier cookie of the same id is closed: two containers cannot have one name. It never rejects. */
  readonly previous: Promise<unknown> | undefined
  /** Called before a kill: from then on no consumer of the output may hold the container up. */
  readonly release: () => void
}

interface Parts extends CookieDependencies {
  /** Set while the cookie's end is watched. */
  readonly watch: { exitSeen: () => void; broken: (error: Error) => void }
}

const parts = actorParts<Parts>()

/** Gives a cookie's actor its container. Call it before the actor is started. */
export function assignParts(actor: AnyActorRef, dependencies: CookieDependencies): void {
  parts.assign(actor, { ...dependencies, watch: { exitSeen: () => {}, broken: () => {} } })
}

/** The cookie's machine, with its actors joined to the engine's port. */
export const engineCookieMachine = cookieMachine.provide({
  actors: {
    prepare: parts.promise(async ({ container, input, files, previous }, signal) => {
      const failure = input.failure()
      if (failure !== undefined) throw failure
      if (!files.isEmpty) await files.check()
      if (previous !== undefined) await previous
      // A cookie that has ended meanwhile is removed, too: nothing may be created after that.
      if (!signal.aborted) await container.prepare(signal)
      if (!signal.aborted && !files.isEmpty) await files.copyInto(container, signal)
    }),
    start: parts.promise(({ container, streams, watch }) =>
      container.start(streams, { exitSeen: () => watch.exitSeen(), broken: error => watch.broken(error) }),
    ),
    pause: parts.promise(({ container }) => container.pause()),
    unpause: parts.promise(({ container }) => container.unpause()),
    kill: parts.promise(({ container, release }) => {
      release()
      return container.kill()
    }),
    collect: parts.promise(({ container, collector }, signal) => collector.collect(container, signal)),
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
